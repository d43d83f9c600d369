import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { circlesOf } from '../circles.ts';
import { networkBudget } from '../network-budget.ts';
import { askEachService } from '../question.ts';
import { segmentation } from '../segmentation.ts';
import { relationOf, unitOf } from '../units.ts';

/** Services whose callers are known, that share the network, and that the service has no business with. */
const needlesslyReached = (stack: Stack, service: Service, network: string): readonly string[] =>
  [...stack.services.values()]
    .filter(({ name, networks }) => name !== service.name && networks.some((each) => each.network === network))
    .map(({ name }) => name)
    .filter((name) => (unitOf(stack, name)?.role ?? 'application') !== 'application')
    .filter((name) => relationOf(stack, service.name, name) === 'nothing');

/** Why even hardening leaves something of it; empty where it does not. */
const shortage = (stack: Stack): string => {
  const wanted = circlesOf(stack).length;
  return wanted <= networkBudget
    ? ''
    : `; the calls ask for ${wanted} networks, and a project gets ${networkBudget} at most, because an engine has addresses for few`;
};

/** N07: a service reaches the data stores, poolers and the Vault that it has to do with, and no other. */
export const control: Control = {
  id: 'network/needless-reachability',
  aliases: ['N07'],
  title: 'Services reach only what they call',
  severity: 'medium',
  rationale:
    'Each data store that a service reaches without need is one more that a break-in there may try: by password, by an unpatched flaw, or by what it answers to anybody.',
  fix: 'Give each data store and Vault a network that only its callers join; declare a call that is not visible with `depends_on`.',
  references: [
    { source: 'Compose specification, networks', url: 'https://docs.docker.com/reference/compose-file/networks/' },
  ],
  checklist: ['network-policies'],
  static: askEachService({
    inapplicable: (_service, stack) => (stack.services.size < 2 ? 'is the only service of the project' : undefined),
    sound: 'reaches no data store, pooler or Vault that it has nothing to do with',
    *faults(service, stack) {
      for (const { network, at } of service.networks) {
        const reached = needlesslyReached(stack, service, network);
        if (reached.length === 0) continue;
        yield {
          message: `${service.name} reaches ${reached.join(', ')} over ${network} without calling ${reached.length === 1 ? 'it' : 'them'}${shortage(stack)}`,
          at,
          key: network,
          remedy: segmentation(stack),
        };
      }
    },
  }),
};
