import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../model/testing.ts';
import { control } from './sensitive-mount.ts';

const found = async (directory: string, ...mounts: readonly string[]): Promise<readonly (string | undefined)[]> => {
  const lines = mounts.map((mount) => `      - ${mount}\n`).join('');
  const stack = await loadText(`services:\n  app:\n    image: example/app:1\n    volumes:\n${lines}`);
  const observations = [...(control.static?.({ ...stack, directory }) ?? [])];
  return observations.flatMap((observation) => (observation.outcome === 'fail' ? [observation.key] : []));
};

test("a project below /root may mount its own files, and no others of root's", async () => {
  const mounts = ['/root/shop/conf:/conf:ro', '/root/shop:/source', '/root/shopping:/other', '/root/shop/.ssh:/keys'];
  assert.deepEqual(await found('/root/shop', ...mounts), ['/other', '/keys']);
});

test('a project that is /root itself may not mount the whole of it', async () => {
  assert.deepEqual(await found('/root', '/root:/everything', '/root/conf:/conf:ro'), ['/everything']);
});
