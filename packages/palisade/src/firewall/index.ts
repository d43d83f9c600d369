import type { Stack } from '../contracts/stack.ts';
import { renderDockerUser } from './docker-user.ts';
import type { FirewallFormat } from './formats.ts';
import { renderNftables } from './nftables.ts';
import { firewallPolicyOf } from './policy.ts';

/**
 * The rules for the host's firewall that the files of a project ask for, as a text that is ready to be loaded. Equal
 * projects have equal texts.
 *
 * @throws `firewall/no-bridge`, `firewall/bridge-unnamed`, `firewall/bridge-name-invalid`
 */
export const renderFirewall = (stack: Stack, format: FirewallFormat): string => {
  const policy = firewallPolicyOf(stack);
  return format === 'nft' ? renderNftables(policy) : renderDockerUser(policy);
};
