import { createHash } from 'node:crypto';
import type { ComposeEdit, ComposeValue } from '../contracts/change.ts';
import type { Network, Stack } from '../contracts/stack.ts';
import { bridgeNameOption, setTopLevelKey } from '../model/index.ts';

/**
 * The name of a network's bridge on the host: the same for every start of the project, and as unique on a host as
 * Compose's own name of the network, which is made of the same two. Fourteen characters: Linux takes fifteen (IFNAMSIZ).
 */
const bridgeNameOf = ({ name: project }: Stack, network: string): string =>
  `pal-${createHash('sha256').update(`${project}/${network}`).digest('hex').slice(0, 10)}`;

/** The options of a network that give its bridge a name. */
export const bridgeOptions = (stack: Stack, network: string): { readonly [name: string]: ComposeValue } => ({
  [bridgeNameOption]: bridgeNameOf(stack, network),
});

/** True for a network whose bridge the project may name: one that the engine makes for it, as a bridge. */
export const isOwnBridge = ({ external, driver }: Network): boolean =>
  !external && (driver === undefined || driver === '' || driver === 'bridge');

/** True for a network that a service joins; the engine makes no other. */
export const isJoined = (stack: Stack, { name }: Network): boolean =>
  [...stack.services.values()].some(({ networks }) => networks.some(({ network }) => network === name));

/** The edits that name the bridge of a network that has no name yet. */
export const nameBridge = (stack: Stack, network: Network): readonly ComposeEdit[] =>
  !isOwnBridge(network) || network.bridgeName !== undefined
    ? []
    : setTopLevelKey(
        stack,
        ['networks', network.name, 'driver_opts', bridgeNameOption],
        bridgeNameOf(stack, network.name),
      );
