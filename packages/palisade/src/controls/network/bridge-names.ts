import type { Change } from '../../contracts/change.ts';
import type { Control, Observation, Resource } from '../../contracts/control.ts';
import type { Network, Stack } from '../../contracts/stack.ts';
import { isJoined, isOwnBridge, nameBridge } from '../bridge-names.ts';
import { failure } from '../question.ts';
import { segmentation } from '../segmentation.ts';
import { segmentsOf } from '../segments.ts';
import { control as defaultNetwork } from './default-network.ts';
import { control as internalDataNetwork } from './internal-data-network.ts';
import { control as needlessReachability } from './needless-reachability.ts';

const reshaping: readonly Pick<Control, 'static'>[] = [defaultNetwork, internalDataNetwork, needlessReachability];

/** True where another control has the services moved to other networks; those get their names as they are made. */
const isReshaped = (stack: Stack): boolean =>
  reshaping.some((control) =>
    [...(control.static?.(stack) ?? [])].some((each) => each.outcome === 'fail' && (each.remedy?.length ?? 0) > 0),
  );

const remedyOf = (stack: Stack, network: Network): readonly Change[] =>
  segmentsOf(stack).every(({ name }) => name !== network.name) && isReshaped(stack)
    ? segmentation(stack)
    : nameBridge(stack, network);

const inapplicable = (stack: Stack, network: Network): string | undefined =>
  network.external
    ? 'is not made by this project'
    : !isOwnBridge(network)
      ? `is no bridge but a network of the driver ${network.driver ?? ''}`
      : isJoined(stack, network)
        ? undefined
        : 'is joined by no service, so the engine never makes it';

/** N08: bridges have the same name after every start, so that rules of the host's firewall stay about them. */
export const control: Control = {
  id: 'network/bridge-names',
  aliases: ['N08'],
  title: 'Networks have bridges of a fixed name',
  severity: 'medium',
  rationale:
    'The engine makes up the name of a bridge each time a network is made. Rules of the firewall that name it are about nothing after the next start, and containers reach what listens on the host again.',
  fix: 'Set `driver_opts` with `com.docker.network.bridge.name` on each network, then load what `palisade firewall` prints.',
  references: [
    {
      source: 'Docker documentation, bridge network driver',
      section: 'Options',
      url: 'https://docs.docker.com/engine/network/drivers/bridge/#options',
    },
  ],
  checklist: ['firewall'],
  *static(stack): Generator<Observation> {
    for (const network of stack.networks.values()) {
      const resource: Resource = { type: 'network', name: network.name };
      const reason = inapplicable(stack, network);
      if (reason !== undefined)
        yield { outcome: 'not-applicable', resource, message: `${network.name} ${reason}`, at: network.at };
      else if (network.bridgeName === undefined)
        yield failure(resource, {
          message: `the bridge of ${network.name} has another name after each start, which no rule of a firewall can know`,
          at: network.at,
          remedy: remedyOf(stack, network),
        });
      else
        yield {
          outcome: 'pass',
          resource,
          message: `the bridge of ${network.name} is always ${network.bridgeName}`,
          at: network.at,
        };
    }
  },
};
