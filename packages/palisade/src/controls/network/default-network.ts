import type { Control } from '../../contracts/control.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';
import { segmentation } from '../segmentation.ts';

/** N03: services meet on networks that the project names, not on the one that everybody joins. */
export const control: Control = {
  id: 'network/default-network',
  aliases: ['N03'],
  title: 'No service uses the default network',
  severity: 'medium',
  rationale:
    'Every service that names no network joins the default one, so each reaches each: a break-in at the edge is one at the database.',
  fix: 'Name a network for each pair of tiers that talk, and list on each service those it needs.',
  references: [cisDocker('5.30'), composeService('networks')],
  checklist: ['network-policies'],
  static: askEachService({
    inapplicable: ({ networkMode }, stack) =>
      stack.services.size < 2
        ? 'is the only service of the project'
        : networkMode !== undefined && networkMode.value !== 'bridge'
          ? 'joins no network of the project'
          : undefined,
    sound: 'joins named networks only',
    *faults({ name, networks, networkMode }, stack) {
      if (networkMode?.value === 'bridge')
        yield {
          message: `${name} joins the bridge that all containers of the host share`,
          at: networkMode.at,
          remedy: segmentation(stack),
        };
      for (const { network, at } of networks)
        if (stack.networks.get(network)?.implicit === true)
          yield {
            message: `${name} joins the default network, like every service that names none`,
            at,
            key: network,
            remedy: segmentation(stack),
          };
    },
  }),
};
