import assert from 'node:assert/strict';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aDirectory } from '../fixtures/project.ts';
import { makeState } from './state-directory.ts';

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('is closed to everybody else, whatever the umask', async (context) => {
  const before = process.umask(0);
  context.after(() => process.umask(before));
  const paths = await makeState(await aDirectory(context));
  assert.deepEqual(await Promise.all([paths.root, paths.journal, paths.originals].map(modeOf)), [0o700, 0o700, 0o700]);
});

test('leaves services that run from below it their way, and lets nobody list or write', async (context) => {
  const directory = await aDirectory(context);
  const root = join(directory, '.palisade');
  await mkdir(root);
  await chmod(root, 0o777);
  const paths = await makeState(directory);
  assert.equal(await modeOf(root), 0o711);
  assert.deepEqual(await Promise.all([paths.journal, paths.originals].map(modeOf)), [0o700, 0o700]);
});
