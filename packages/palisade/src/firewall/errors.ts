import { defineErrors } from '../support/errors.ts';

/** Errors of the rules for the host's firewall. */
export const { error, definitions } = defineErrors<{
  'firewall/no-bridge': { project: string };
  'firewall/bridge-unnamed': { project: string; networks: readonly string[] };
  'firewall/bridge-name-invalid': { network: string };
}>({
  'firewall/no-bridge': {
    exit: 2,
    summary: 'Rules for the firewall were asked for, and no service of the project is on a bridge of its own.',
    message: ({ project }) => `no service of ${project} joins a network that the project makes as a bridge`,
    next: () => 'name a network for each pair of tiers that talk; palisade harden does so',
  },
  'firewall/bridge-unnamed': {
    exit: 2,
    summary: 'A network has a bridge whose name changes with each start, so that no rule can be about it.',
    message: ({ project, networks }) =>
      `rules for ${project} would leave ${networks.join(', ')} open: no fixed name is set for the bridge`,
    next: () =>
      'palisade harden sets the names; or set com.docker.network.bridge.name in driver_opts of the network by hand',
  },
  'firewall/bridge-name-invalid': {
    exit: 2,
    summary: 'The name of a bridge is none that Linux takes for an interface.',
    message: ({ network }) => `the bridge of ${network} has a name that cannot be the name of an interface`,
    next: () => 'use at most 15 letters, digits, dots, dashes and underscores, and begin with a letter or digit',
  },
});
