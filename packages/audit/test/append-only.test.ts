import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { aDirectory } from './logs.ts';

test('what cannot be taken back from a file that may only grow is closed off and recorded', async (context) => {
  const directory = aDirectory(context);
  const probe = join(directory, 'probe');
  writeFileSync(probe, '');
  // Takes CAP_LINUX_IMMUTABLE and a file system that knows the attribute.
  if (spawnSync('chattr', ['+a', probe]).status !== 0) return context.skip('files cannot be made append-only here');
  spawnSync('chattr', ['-a', probe]);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=palisade-source', '--no-warnings', join(import.meta.dirname, 'append-only.ts'), directory],
    { timeout: 30_000 },
  );
  const told = JSON.parse(stdout);
  assert.equal(told.refused.length, 10);
  assert.match(told.refused[0], /could not be written \(EFBIG\)/);
  assert.deepEqual([told.findings, told.recovered, told.torn], [[], 1, null]);
  assert.equal(told.records, told.seq + 1);
});
