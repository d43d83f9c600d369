import type { Control, Observation, Resource } from '../../contracts/control.ts';
import type { Network, Stack } from '../../contracts/stack.ts';
import { isJoined, isOwnBridge } from '../bridge-names.ts';
import { closeIpv6, hasNeedlessIpv6 } from '../ipv6.ts';
import { failure } from '../question.ts';

const inapplicable = (stack: Stack, network: Network): string | undefined => {
  if (network.external) return 'is not made by this project';
  if (!isOwnBridge(network)) return `is no bridge but a network of the driver ${network.driver ?? ''}`;
  if (!network.internal) return 'is not internal';
  return isJoined(stack, network) ? undefined : 'is joined by no service, so the engine never makes it';
};

/** N10: internal networks are internal by every protocol that they have. */
export const control: Control = {
  id: 'network/internal-ipv6',
  aliases: ['N10'],
  title: 'Internal networks have no IPv6 beside IPv4',
  severity: 'medium',
  rationale:
    'Docker makes firewall rules for IPv6 by itself since version 27. Before, and where `ip6tables` is off, a network with `internal: true` is closed over IPv4 alone: over IPv6 its containers call out, and containers of other networks reach every port of them. Inside of one network IPv4 is enough.',
  fix: 'Set `enable_ipv6: false` on internal networks. Where IPv6 has to stay, use Docker 27 or newer, load what `palisade firewall` prints, which covers both protocols, and suppress the finding.',
  references: [
    {
      source: 'Docker Engine 27 release notes',
      section: '27.0, IPv6',
      url: 'https://docs.docker.com/engine/release-notes/27/',
    },
    {
      source: 'Compose specification, networks',
      section: 'enable_ipv6',
      url: 'https://docs.docker.com/reference/compose-file/networks/#enable_ipv6',
    },
  ],
  checklist: ['network-policies', 'firewall'],
  *static(stack): Generator<Observation> {
    for (const network of stack.networks.values()) {
      const { name, at } = network;
      const resource: Resource = { type: 'network', name };
      const reason = inapplicable(stack, network);
      if (reason !== undefined) yield { outcome: 'not-applicable', resource, message: `${name} ${reason}`, at };
      else if (hasNeedlessIpv6(network))
        yield failure(resource, {
          message: `${name} is internal and has IPv6, over which engines before Docker 27 keep nobody in or out`,
          at,
          remedy: closeIpv6(stack, network),
        });
      else
        yield {
          outcome: 'pass',
          resource,
          message: network.enableIpv6
            ? `${name} has IPv6 alone, on engines that guard it`
            : `${name} is internal and has no IPv6`,
          at,
        };
    }
  },
};
