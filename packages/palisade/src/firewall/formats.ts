/** How the rules are written: a table for nftables, or a script for iptables with the engine's DOCKER-USER chain. */
export const firewallFormats = ['nft', 'docker-user'] as const;

/** One of `firewallFormats`. */
export type FirewallFormat = (typeof firewallFormats)[number];
