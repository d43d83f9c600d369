import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServiceKind } from '../../../contracts/service-kind.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { loadStack } from '../../../model/index.ts';
import { kind } from '../index.ts';

/** A kind that claims services by their name; what it is otherwise is no matter. */
const neighbour: ServiceKind = { ...kind, id: 'api', matches: ({ name }) => (name.endsWith('api') ? 2 : 0) };

/** Loads a project of the given files, `compose.yaml` among them; `queue` is the service under test. */
export const loadProject = async (
  files: Readonly<Record<string, string>>,
): Promise<{ readonly stack: Stack; readonly service: Service }> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-queue-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    const stack = await loadStack({ directory, environment: {}, kinds: [kind, neighbour] });
    const service = stack.services.get('queue');
    assert.ok(service);
    return { stack, service };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
