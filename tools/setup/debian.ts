import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { SetupError } from './setup-error.ts';

const policy = '/usr/sbin/policy-rc.d';
const clusterConfiguration = '/etc/postgresql-common/createcluster.conf';

/** Runs a program with root's rights; its output goes to stderr, as progress. */
const asRoot = (program: string, args: readonly string[], timeout: number): number | null => {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const [first = program, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', program, ...args];
  return spawnSync(first, rest, { stdio: ['ignore', 'ignore', 2], timeout }).status;
};

/**
 * Installs Debian packages without starting or enabling a service of theirs: `policy-rc.d` answers 101 (invoke-rc.d(8))
 * for as long as the installation takes, PostgreSQL makes no cluster of its own, and a unit that the installation has
 * enabled is disabled again. Files that were there before stay as they are.
 *
 * @throws SetupError where there is no apt-get, no root and no sudo, or where the installation fails
 */
export const installDebianPackages = (packages: readonly string[]): void => {
  const byHand = `install it by hand: apt-get install ${packages.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get'))
    throw new SetupError(
      `${packages.join(', ')}: this machine has no apt-get; install the servers with its own package tool`,
    );
  const root = process.getuid?.() === 0;
  if (!root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0)
    throw new SetupError(
      `${packages.join(', ')}: not installed, and this user is neither root nor has sudo; ${byHand}`,
    );

  const guards: string[] = [];
  const guard = (path: string, content: string, mode: number): void => {
    if (!root || existsSync(path)) return;
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, content, { mode, flag: 'wx' });
    guards.push(path);
  };
  const hadCluster = existsSync('/etc/postgresql');
  guard(policy, '#!/bin/sh\nexit 101\n', 0o755);
  if (!hadCluster) guard(clusterConfiguration, 'create_main_cluster = false\n', 0o644);
  try {
    asRoot('apt-get', ['update', '-qq'], 180_000);
    const status = asRoot(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', ...packages],
      900_000,
    );
    if (status !== 0)
      throw new SetupError(`${packages.join(', ')}: apt-get install ended with ${status ?? 'no result'}; ${byHand}`);
    if (!hadCluster && existsSync('/run/systemd/system'))
      asRoot('systemctl', ['disable', '--quiet', 'postgresql'], 30_000);
  } finally {
    for (const path of guards) rmSync(path, { force: true });
  }
};
