import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** What an engine changes in the network of the machine. */
export interface Before {
  readonly forwarding: string;
  readonly policy: string | undefined;
}

const iptables = (program: string, args: readonly string[], input = ''): string =>
  spawnSync(program, args, { input, encoding: 'utf8', timeout: 20_000 }).stdout ?? '';

/** Looks before the engine starts. */
export const lookAtNetwork = (): Before => ({
  forwarding: readFileSync(forwarding, 'utf8').trim(),
  policy: /^-P FORWARD (\S+)$/m.exec(iptables('iptables', ['-S', 'FORWARD']))?.[1],
});

/** The rules of a table without those that an engine writes: its chains, what jumps there, and what names its bridges. */
export const withoutEngine = (rules: string): string =>
  rules
    .split('\n')
    .filter((line) => !/^[:-].*\bDOCKER\b|^[:-].*\bDOCKER-/.test(line) && !/ (?:br-[0-9a-f]{12}|docker0)\b/.test(line))
    .join('\n');

/**
 * Puts the network back when the engine has stopped, which itself leaves its chains, a FORWARD policy of DROP and the
 * forwarding of packets behind. Nothing happens while another engine runs.
 */
export const restoreNetwork = (before: Before): void => {
  for (const family of ['', '6']) {
    const rules = iptables(`ip${family}tables-save`, []);
    if (rules.includes('DOCKER')) iptables(`ip${family}tables-restore`, [], withoutEngine(rules));
  }
  if (before.policy !== undefined) iptables('iptables', ['-P', 'FORWARD', before.policy]);
  writeFileSync(forwarding, before.forwarding);
};
