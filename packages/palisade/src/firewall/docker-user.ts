import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { FirewallPolicy, PublishedPort } from './policy.ts';
import { introduction, portRange, shown } from './wording.ts';

/** Chains of one project; the name is short because iptables takes 28 characters (XT_EXTENSION_MAXNAMELEN). */
const prefixOf = ({ project }: FirewallPolicy): string =>
  `PALISADE-${createHash('sha256').update(project).digest('hex').slice(0, 8)}`;

type Family = 4 | 6;

const isOf = (family: Family, { address }: PublishedPort): boolean =>
  address === undefined || isIPv6(address) === (family === 6);

const rawRules = (chain: string, family: Family): readonly string[] => [
  '# Loopback addresses never come over a wire (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3); a published port would take them.',
  `-A ${chain} ! -i lo -d ${family === 4 ? '127.0.0.0/8' : '::1/128'} -j DROP`,
];

const inputRules = (chain: string, { bridges, shut }: FirewallPolicy, family: Family): readonly string[] => [
  '# The host may call its containers; these are their answers.',
  `-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`,
  ...(family === 4
    ? []
    : [
        '# Without neighbour discovery IPv6 does not work inside a network either (RFC 4861; MLD: RFC 3810).',
        ...[133, 135, 136, 131, 143].map((type) => `-A ${chain} -p ipv6-icmp --icmpv6-type ${type} -j RETURN`),
      ]),
  '# The address of a bridge is the host itself: what listens on every address is reached by it. Containers have no',
  '# business there.',
  ...bridges.map(({ name }) => `-A ${chain} -i ${name} -j DROP`),
  ...(shut.length === 0
    ? []
    : ["# Ports that are for this host alone, where the engine's proxy listens on every address after all."]),
  ...shut.flatMap((port) => [
    `# ${portRange(port, '-')}/${port.protocol} of ${shown(port.service)}`,
    `-A ${chain} ! -i lo -p ${port.protocol} --dport ${portRange(port, ':')} -m conntrack --ctstate NEW -j DROP`,
  ]),
];

const forwardRules = (prefix: string, { bridges, waysIn }: FirewallPolicy, family: Family): readonly string[] => {
  const [chain, out, into] = [`${prefix}-FWD`, `${prefix}-OUT`, `${prefix}-INTO`];
  return [
    '# Answers to what was let through.',
    `-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN`,
    '# Inside of one network containers reach each other.',
    ...bridges.map(({ name }) => `-A ${chain} -i ${name} -o ${name} -j RETURN`),
    ...bridges
      .filter(({ internal }) => internal)
      .flatMap(({ name, network }) => [
        `# ${shown(network)} is internal: nothing out, nothing in.`,
        `-A ${chain} -i ${name} -j DROP`,
        `-A ${chain} -o ${name} -j DROP`,
      ]),
    '# What leaves a network, and what comes to one from elsewhere.',
    ...bridges.filter(({ internal }) => !internal).map(({ name }) => `-A ${chain} -i ${name} -j ${out}`),
    ...bridges.filter(({ internal }) => !internal).map(({ name }) => `-A ${chain} -o ${name} -j ${into}`),
    '# From one network of the project into another: not by a route, and not by a published port either.',
    ...bridges.map(({ name }) => `-A ${out} -o ${name} -j DROP`),
    ...(family === 6
      ? []
      : [
          "# Link-local addresses are not forwarded (RFC 3927, 2.7); a cloud's machine credentials are behind one of them.",
          `-A ${out} -d 169.254.0.0/16 -j DROP`,
        ]),
    ...(waysIn.length === 0
      ? []
      : ['# In from the world: what was translated for a port that is meant to be reached.']),
    ...waysIn
      .filter((port) => isOf(family, port))
      .flatMap((port) => [
        `# ${portRange(port, '-')}/${port.protocol} of ${shown(port.service)}`,
        `-A ${into} -p ${port.protocol} -m conntrack --ctstate DNAT --ctorigdstport ${portRange(port, ':')}${port.address === undefined ? '' : ` --ctorigdst ${port.address}`} -j RETURN`,
      ]),
    "# All else from outside: a neighbour with a route to a container's own address, ports published without need.",
    `-A ${into} -j DROP`,
  ];
};

/** What `iptables-restore --noflush` reads: a chain that is declared is emptied, every other one stays. */
const ruleset = (policy: FirewallPolicy, family: Family): string => {
  const prefix = prefixOf(policy);
  return [
    '*raw',
    `:${prefix}-RAW - [0:0]`,
    ...rawRules(`${prefix}-RAW`, family),
    'COMMIT',
    '*filter',
    ...['HOST', 'FWD', 'OUT', 'INTO'].map((name) => `:${prefix}-${name} - [0:0]`),
    ...inputRules(`${prefix}-HOST`, policy, family),
    ...forwardRules(prefix, policy, family),
    'COMMIT',
  ].join('\n');
};

/**
 * The rules as a script for hosts that are kept with iptables: chains of their own, called from DOCKER-USER, which the
 * engine leaves to the administrator, and from INPUT. Running it again replaces the chains' rules at once and adds
 * nothing. Sources: iptables-restore(8); Docker's documentation, "Packet filtering and firewalls".
 */
export const renderDockerUser = (policy: FirewallPolicy): string => {
  const prefix = prefixOf(policy);
  return `#!/bin/sh
${introduction(policy)
  .map((line) => `# ${line}`.trimEnd())
  .join('\n')}
#
# Load:   sh docker-user.sh           (as root, at each boot after the engine has started, and after each change)
# Undo:   sh docker-user.sh remove
# Not for an engine that is set to write nftables itself: that has no DOCKER-USER chain; load nftables.nft there.
set -eu
PATH=/usr/sbin:/sbin:/usr/bin:/bin

# The chain of the engine's that is called first for forwarded packets; FORWARD itself where the engine has none.
forward_chain() {
  if "$1" -w 10 -n -L DOCKER-USER >/dev/null 2>&1; then echo DOCKER-USER; else echo FORWARD; fi
}

# jump <iptables> <table> <chain> <own chain>: calls the own chain first, once.
jump() {
  "$1" -w 10 -t "$2" -C "$3" -j "$4" 2>/dev/null || "$1" -w 10 -t "$2" -I "$3" 1 -j "$4"
}

# unjump <iptables> <table> <chain> <own chain>
unjump() {
  while "$1" -w 10 -t "$2" -D "$3" -j "$4" 2>/dev/null; do :; done
}

load() {
  "$1-restore" -w 10 --noflush
  jump "$1" raw PREROUTING ${prefix}-RAW
  jump "$1" filter INPUT ${prefix}-HOST
  jump "$1" filter "$(forward_chain "$1")" ${prefix}-FWD
}

remove() {
  unjump "$1" raw PREROUTING ${prefix}-RAW
  unjump "$1" filter INPUT ${prefix}-HOST
  unjump "$1" filter DOCKER-USER ${prefix}-FWD
  unjump "$1" filter FORWARD ${prefix}-FWD
  for chain in FWD HOST OUT INTO; do
    "$1" -w 10 -F ${prefix}-$chain 2>/dev/null || :
  done
  for chain in FWD HOST OUT INTO; do
    "$1" -w 10 -X ${prefix}-$chain 2>/dev/null || :
  done
  "$1" -w 10 -t raw -F ${prefix}-RAW 2>/dev/null || :
  "$1" -w 10 -t raw -X ${prefix}-RAW 2>/dev/null || :
}

case "\${1:-load}" in
  load) ;;
  remove)
    remove iptables
    remove ip6tables
    exit 0
    ;;
  *)
    echo "usage: $0 [load|remove]" >&2
    exit 2
    ;;
esac

load iptables <<'RULES'
${ruleset(policy, 4)}
RULES

if [ ! -e /proc/net/if_inet6 ]; then
  echo "docker-user.sh: this host has no IPv6, so there are no rules for it" >&2
  exit 0
fi

load ip6tables <<'RULES'
${ruleset(policy, 6)}
RULES
`;
};
