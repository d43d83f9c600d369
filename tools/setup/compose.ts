import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianArchive } from './debian.ts';
import { composeDirectory, toolsDirectory } from './requirements.ts';
import { SetupError } from './setup-error.ts';

const suite = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const packages = ['docker-compose', 'docker-buildx'];
const byHand = 'install the Compose v2 plug-in of Docker by hand (docker-compose in ~/.docker/cli-plugins)';

/** Runs a program; what it complains about goes to stderr, as progress. */
const run = (program: string, args: readonly string[], directory: string): void => {
  const done = spawnSync(program, args, { cwd: directory, stdio: ['ignore', 'ignore', 2], timeout: 300_000 });
  if (done.status !== 0)
    throw new SetupError(
      `Compose v2: ${program} ended with ${done.status ?? done.error?.message ?? 'no result'}; ${byHand}`,
    );
};

/**
 * Brings Compose v2 and buildx from Debian's {@link suite} into the workspace's own tools directory; Debian 12 itself has only
 * Compose 1.29. It comes from the archive that this machine uses
 * already. APT gets a configuration of its own for it, so that neither the machine's list of sources nor its packages
 * change; the signature is checked with Debian's keyring. The programs need nothing but a C library of 2.34 or newer.
 *
 * @throws SetupError where this is no Debian, or the download fails
 */
export const installCompose = (): void => {
  if (!existsSync('/usr/bin/apt-get') || !existsSync(keyring))
    throw new SetupError(`Compose v2: this machine has no apt-get with the keyring of Debian; ${byHand}`);
  const archive = debianArchive('Debian');
  if (archive === undefined)
    throw new SetupError(
      `Compose v2: APT knows no archive of Debian on this machine; run apt-get update, or ${byHand}`,
    );
  const work = mkdtempSync(join(tmpdir(), 'palisade-compose-'));
  const partial = `${composeDirectory}.${process.pid}.partial`;
  try {
    for (const path of ['state/lists/partial', 'cache/archives/partial', 'unpacked'])
      mkdirSync(join(work, path), { recursive: true });
    writeFileSync(join(work, 'status'), '');
    writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keyring}] ${archive} ${suite} main\n`);
    const options = [
      ['Dir::Etc::sourcelist', join(work, 'sources.list')],
      ['Dir::Etc::sourceparts', '/dev/null'],
      ['Dir::State', join(work, 'state')],
      ['Dir::State::status', join(work, 'status')],
      ['Dir::Cache', join(work, 'cache')],
      ['Acquire::Languages', 'none'],
      // It drops to an account that may not write here.
      ['APT::Sandbox::User', 'root'],
    ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    run('apt-get', ['-qq', ...options, 'update'], work);
    run('apt-get', ['-qq', ...options, 'download', ...packages], work);
    for (const name of readdirSync(work).filter((each) => each.endsWith('.deb')))
      run('dpkg-deb', ['--extract', name, 'unpacked'], work);
    const from = join(work, 'unpacked', 'usr', 'libexec', 'docker', 'cli-plugins');
    mkdirSync(join(partial, 'cli-plugins'), { recursive: true });
    for (const name of readdirSync(from)) copyFileSync(join(from, name), join(partial, 'cli-plugins', name));
    mkdirSync(toolsDirectory, { recursive: true });
    rmSync(composeDirectory, { recursive: true, force: true });
    renameSync(partial, composeDirectory);
  } finally {
    for (const path of [work, partial]) rmSync(path, { recursive: true, force: true });
  }
};
