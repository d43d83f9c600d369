import { isIPv6 } from 'node:net';
import type { Bridge, FirewallPolicy, PublishedPort } from './policy.ts';
import { introduction, portRange, shown } from './wording.ts';

/** nftables takes letters, digits and underscores in the name of a table. */
export const tableOf = ({ project }: FirewallPolicy): string => `palisade_${project.replace(/[^A-Za-z\d]/g, '_')}`;

const set = (name: string, bridges: readonly Bridge[]): string =>
  `    set ${name} {
        type ifname
        elements = { ${bridges.map((bridge) => `"${bridge.name}"`).join(', ')} }
    }
`;

const shutRule = (port: PublishedPort): string =>
  `        # ${portRange(port, '-')}/${port.protocol} of ${shown(port.service)}
        iifname != "lo" ${port.protocol} dport ${portRange(port, '-')} ct state new counter drop
`;

const wayIn = (port: PublishedPort): string => {
  const address =
    port.address === undefined ? '' : `ct original ${isIPv6(port.address) ? 'ip6' : 'ip'} daddr ${port.address} `;
  return `        # ${portRange(port, '-')}/${port.protocol} of ${shown(port.service)}
        oifname @bridges ct status dnat meta l4proto ${port.protocol} ${address}ct original proto-dst ${portRange(port, '-')} accept
`;
};

const sameNetwork = ({ name }: Bridge): string => `        iifname "${name}" oifname "${name}" accept\n`;

/**
 * The rules as a file for `nft -f`: one table of their own, replaced as a whole in one transaction, so that loading it
 * again changes nothing and no other table is touched. Source: nft(8).
 *
 * A drop in one base chain is final, an accept only ends that chain; so these chains can close what others open, and
 * open nothing that others close.
 */
export const renderNftables = (policy: FirewallPolicy): string => {
  const { bridges, waysIn, shut } = policy;
  const table = tableOf(policy);
  const internal = bridges.filter((bridge) => bridge.internal);
  return `#!/usr/sbin/nft -f
${introduction(policy)
  .map((line) => `# ${line}`.trimEnd())
  .join('\n')}
#
# Try:    nft -c -f nftables.nft
# Load:   nft -f nftables.nft      (again after each change; it replaces its own table and no other)
# Keep:   include the file from /etc/nftables.conf, which is loaded before the engine starts
# Count:  nft list table inet ${table}
# Undo:   nft delete table inet ${table}

# Adding the table before it is deleted makes the first load no error. All of the file is one transaction.
table inet ${table}
delete table inet ${table}

table inet ${table} {
${set('bridges', bridges)}${internal.length === 0 ? '' : `\n${set('internal_bridges', internal)}`}
    chain from_the_wire {
        type filter hook prerouting priority raw; policy accept;
        # A port that is published on 127.0.0.1 is translated before the host looks where a packet came from, so a
        # neighbour could send packets for 127.0.0.1 to it. Loopback addresses never come over a wire
        # (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
        iifname != "lo" ip daddr 127.0.0.0/8 counter drop
        iifname != "lo" ip6 daddr ::1 counter drop
    }

    chain to_the_host {
        type filter hook input priority filter - 1; policy accept;
        # The host may call its containers; these are their answers.
        iifname @bridges ct state established,related accept
        # Without neighbour discovery IPv6 does not work inside a network either (RFC 4861; MLD: RFC 3810).
        iifname @bridges icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld-listener-report, mld2-listener-report } accept
        # The address of each bridge is the host itself, also on internal networks: whatever listens on every address
        # of the host is reached by it. Containers have no business there.
        iifname @bridges counter drop
${
  shut.length === 0
    ? ''
    : `        # Ports that are for this host alone. Where the engine's proxy listens on every address after all, for an
        # override that publishes without an address or for IPv6, nobody else gets to it.
${shut.map(shutRule).join('')}`
}    }

    chain between_networks {
        type filter hook forward priority filter - 1; policy accept;
        # Answers to what was let through.
        ct state established,related accept
        # Inside of one network containers reach each other.
${bridges.map(sameNetwork).join('')}${
    internal.length === 0
      ? ''
      : `        # Internal networks: nothing out, nothing in.
        iifname @internal_bridges counter drop
        oifname @internal_bridges counter drop
`
  }        # From one network of the project into another: not by a route, and not by a published port either.
        iifname @bridges oifname @bridges counter drop
        # Link-local addresses are not forwarded (RFC 3927, 2.7); a cloud's machine credentials are behind one of them.
        iifname @bridges ip daddr 169.254.0.0/16 counter drop
        # Out into the world, where the network is not internal.
        iifname @bridges accept
${
  waysIn.length === 0
    ? ''
    : `        # In from the world: what was translated for one of the published ports below.
${waysIn.map(wayIn).join('')}`
}        # All else from outside: a neighbour with a route to a container's own address, and ports that are published
        # without need.
        oifname @bridges counter drop
    }
}
`;
};
