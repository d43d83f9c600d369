import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SetupError } from './setup-error.ts';

const policy = '/usr/sbin/policy-rc.d';
const clusterConfiguration = '/etc/postgresql-common/createcluster.conf';

/** Units that packages enable; the ones of packages that are installed here are disabled again. */
const units: Readonly<Record<string, string>> = {
  postgresql: 'postgresql',
  pgbouncer: 'pgbouncer',
  'redis-server': 'redis-server',
  'nginx-light': 'nginx',
  'docker.io': 'docker.socket docker.service',
};

const isRoot = (): boolean => process.getuid?.() === 0;

/** Runs a program with root's rights; what it complains about goes to stderr, as progress. */
const asRoot = (program: string, args: readonly string[], timeout: number, input = ''): number | null => {
  const sudo = isRoot() ? [] : ['sudo', '-n'];
  const [first = program, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', program, ...args];
  return spawnSync(first, rest, { input, stdio: ['pipe', 'ignore', 2], timeout }).status;
};

/**
 * The address from which this machine's APT takes an archive of Debian, without a slash at its end: the machine's own choice
 * of a mirror holds for what is fetched beside its packages too. Undefined where it has none, or has never fetched its lists.
 */
export const debianArchive = (archive: 'Debian' | 'Debian-Security'): string | undefined => {
  const fields = ['--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)', 'Created-By: Packages'];
  const { status, stdout } = spawnSync('apt-get', ['indextargets', ...fields], { encoding: 'utf8', timeout: 30_000 });
  if (status !== 0) return undefined;
  const targets = stdout.split('\n').map((line) => line.split('|'));
  return targets.find(([origin, label]) => origin === 'Debian' && label === archive)?.[2]?.replace(/\/$/, '');
};

/** Puts a file where there is none, for as long as `call` takes. */
const withFile = (path: string, content: string, mode: string, call: () => void): void => {
  if (existsSync(path)) return call();
  const script = 'mkdir -p "${1%/*}" && cat > "$1" && chmod "$2" "$1"';
  if (asRoot('sh', ['-c', script, 'sh', path, mode], 30_000, content) !== 0)
    throw new SetupError(`${path} could not be written, and without it the installed services would start`);
  try {
    call();
  } finally {
    asRoot('rm', ['-f', path], 30_000);
  }
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
  if (!isRoot() && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0)
    throw new SetupError(
      `${packages.join(', ')}: not installed, and this user is neither root nor has sudo; ${byHand}`,
    );

  const install = (): void => {
    asRoot('apt-get', ['update', '-qq'], 180_000);
    const options = ['-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold'];
    const status = asRoot('apt-get', ['install', ...options, ...packages], 900_000);
    if (status !== 0)
      throw new SetupError(`${packages.join(', ')}: apt-get install ended with ${status ?? 'no result'}; ${byHand}`);
    if (!existsSync('/run/systemd/system')) return;
    for (const name of packages) {
      const unit = units[name];
      if (unit !== undefined) asRoot('systemctl', ['disable', '--quiet', ...unit.split(' ')], 30_000);
    }
  };
  withFile(policy, '#!/bin/sh\nexit 101\n', '0755', () => {
    if (existsSync('/etc/postgresql') || !packages.includes('postgresql')) install();
    else withFile(clusterConfiguration, 'create_main_cluster = false\n', '0644', install);
  });
};
