import type { Change } from '../contracts/change.ts';
import type { Network, Stack } from '../contracts/stack.ts';
import { setTopLevelKey } from '../model/index.ts';
import { isOwnBridge } from './bridge-names.ts';

/** True for a bridge of the project that has IPv6 beside IPv4. Whoever turns IPv4 off has an engine (Docker 28) that guards both. */
export const hasNeedlessIpv6 = (network: Network): boolean =>
  isOwnBridge(network) && network.enableIpv6 && network.withoutIpv4 !== true;

/** Addresses of IPv6 that services have in a network by the files. */
const fixedAddresses = (stack: Stack, { name }: Network): readonly string[] =>
  [...stack.services.values()].flatMap(({ networks }) =>
    networks.flatMap(({ network, ipv6Address }) =>
      network === name && ipv6Address !== undefined ? [ipv6Address] : [],
    ),
  );

/**
 * The changes that leave a network with IPv4 alone. A block of IPv6 in its `ipam` stays, and engines pass it over (moby,
 * `ValidateIPAM`). Where a service has a fixed address, somebody may call it by that, and a person has to look.
 */
export const closeIpv6 = (stack: Stack, network: Network): readonly Change[] => {
  if (!hasNeedlessIpv6(network)) return [];
  const fixed = fixedAddresses(stack, network);
  return fixed.length === 0
    ? setTopLevelKey(stack, ['networks', network.name, 'enable_ipv6'], false)
    : [
        {
          kind: 'manual',
          instructions: `Take \`ipv6_address\` (${fixed.join(', ')}) from the services on ${network.name}, then set \`enable_ipv6: false\` on it.`,
        },
      ];
};
