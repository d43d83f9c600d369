import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { run } from '../support/exec.ts';
import { projectFiles, readModes, readTracked, steeringNames } from './expectation.ts';

/** A fixture's project in a directory of its own, which is removed at the end of its scope. */
export interface FixtureProject extends Disposable {
  readonly directory: string;
  readonly read: (path: string) => string;
  readonly write: (path: string, content: string, mode?: number) => void;
  readonly setMode: (path: string, mode: number) => void;
}

const git = async (directory: string, ...args: readonly string[]): Promise<void> => {
  const outcome = await run('git', args, {
    workingDirectory: directory,
    timeout: 10_000,
  });
  if (outcome.exitCode !== 0) throw new Error(`git ${args.join(' ')} failed: ${outcome.stderr}`);
};

/** Copies a fixture's project, with the permission bits and the git repository that it asks for. */
export const openProject = async (fixture: string): Promise<FixtureProject> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-fixture-'));
  cpSync(fixture, directory, {
    recursive: true,
    filter: (source) => !steeringNames.includes(relative(fixture, source)),
  });
  const modes = readModes(fixture);
  for (const path of projectFiles(directory)) {
    const executable = (statSync(join(fixture, path)).mode & 0o100) !== 0;
    chmodSync(join(directory, path), modes.get(path) ?? (executable ? 0o755 : 0o644));
  }
  const tracked = readTracked(fixture);
  if (tracked !== undefined) {
    await git(directory, 'init', '--quiet');
    if (tracked.length > 0) await git(directory, 'add', '--force', '--', ...tracked);
  }
  return {
    directory,
    read: (path) => readFileSync(join(directory, path), 'utf8'),
    write: (path, content, mode) => {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
      if (mode !== undefined) chmodSync(join(directory, path), mode);
    },
    setMode: (path, mode) => chmodSync(join(directory, path), mode),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
};

/** The name of a fixture for a message: the last three folders. */
export const shortName = (fixture: string): string => fixture.split('/').slice(-3).join('/') || basename(fixture);
