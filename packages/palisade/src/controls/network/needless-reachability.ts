import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type Calls, callsOf, isDataStore } from '../calls.ts';
import { askEachService } from '../question.ts';
import { segmentation } from '../segmentation.ts';
import { mayReach } from '../segments.ts';
import { isVault } from '../servers.ts';

/** Services with something to guard that share the network and that the service has no business with. */
const needlesslyReached = (stack: Stack, calls: Calls, service: Service, network: string): readonly string[] =>
  [...stack.services.values()]
    .filter((other) => other.name !== service.name && other.networks.some((each) => each.network === network))
    .filter(
      (other) => isVault(other) || (isDataStore(stack, other) && !isDataStore(stack, service) && !isVault(service)),
    )
    .filter((other) => !mayReach(stack, calls, service, other))
    .map(({ name }) => name);

/** N07: a service reaches the data stores and the Vault that it calls, and no other. */
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
    sound: 'reaches no data store that it does not call',
    *faults(service, stack) {
      const calls = callsOf(stack);
      for (const { network, at } of service.networks) {
        const reached = needlesslyReached(stack, calls, service, network);
        if (reached.length === 0) continue;
        yield {
          message: `${service.name} reaches ${reached.join(', ')} over ${network} without calling ${reached.length === 1 ? 'it' : 'them'}`,
          at,
          key: network,
          remedy: segmentation(stack),
        };
      }
    },
  }),
};
