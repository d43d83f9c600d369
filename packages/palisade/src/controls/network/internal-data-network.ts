import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { isDataStore } from '../calls.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { segmentation } from '../segmentation.ts';

const externalNetworks = ({ networks }: Service, stack: Stack): readonly string[] =>
  networks.map(({ network }) => network).filter((name) => stack.networks.get(name)?.external === true);

/** N04: what stores data has no way to the outside, nor the outside to it. */
export const control: Control<'container'> = {
  id: 'network/internal-data-network',
  aliases: ['N04'],
  title: 'Data stores are on internal networks only',
  severity: 'medium',
  rationale:
    'A database on an ordinary network can call out: what was stolen leaves, tools come in. On an internal network it reaches its clients and nothing else, and publishes no port.',
  fix: 'Set `internal: true` on the networks of data stores, and attach them to no other.',
  references: [
    {
      source: 'Compose specification, networks',
      section: 'internal',
      url: 'https://docs.docker.com/reference/compose-file/networks/#internal',
    },
  ],
  checklist: ['network-policies'],
  static: askEachService({
    inapplicable: (service, stack) =>
      !isDataStore(stack, service)
        ? 'stores no data'
        : service.networkMode === undefined || service.networkMode.value === 'bridge'
          ? undefined
          : 'joins no network of the project',
    sound: 'is on internal networks only',
    *faults(service, stack) {
      for (const { network, at } of service.networks) {
        const joined = stack.networks.get(network);
        if (joined === undefined || joined.internal || joined.external) continue;
        yield {
          message: `${service.name} stores data and is on ${network}, which is not internal`,
          at,
          key: network,
          remedy: segmentation(stack),
        };
      }
    },
    undetermined: (service, stack) => {
      const names = externalNetworks(service, stack);
      return names.length === 0
        ? undefined
        : `whether the external network ${names.join(', ')} is internal is not written here`;
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine has it on internal networks only',
      *faults({ outwardNetworks }, service, stack) {
        if (!isDataStore(stack, service)) return;
        for (const key of outwardNetworks)
          yield { message: `${service.name} stores data, and the engine has it on ${key}, which is not internal`, key };
      },
    }),
  },
};
