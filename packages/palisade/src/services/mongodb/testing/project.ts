import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { loadStack } from '../../../model/index.ts';
import { kind } from '../index.ts';

/** A loaded project, and how its services are found. */
export interface Project {
  readonly stack: Stack;
  readonly service: (name: string) => Service;
}

/** Loads a project of the given files, `compose.yaml` among them. */
export const loadProject = async (files: Readonly<Record<string, string>>): Promise<Project> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-mongodb-project-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    const stack = await loadStack({ directory, environment: {}, kinds: [kind] });
    return { stack, service: (name) => stack.services.get(name) ?? assert.fail(`no service ${name}`) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
