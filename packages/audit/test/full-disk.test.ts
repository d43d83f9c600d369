import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { aDirectory } from './logs.ts';

const run = promisify(execFile);

/** Runs `full-disk.ts` on a tmpfs that nobody else sees and that ends with the process (unshare(1), mount_namespaces(7)). */
const onSmallDisk = async (directory: string): Promise<string> => {
  const { stdout } = await run(
    'unshare',
    [
      '--mount',
      ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
      'sh',
      '-c',
      'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" --conditions=palisade-source --no-warnings "$3" "$1"',
      'sh',
      directory,
      process.execPath,
      join(import.meta.dirname, 'full-disk.ts'),
    ],
    { timeout: 60_000 },
  );
  return stdout;
};

test('a full disk: appends are refused, nothing acknowledged is lost, and it goes on when there is room', async (context) => {
  const told = JSON.parse(await onSmallDisk(aDirectory(context)));
  assert.ok(told.atFull > 50, `${told.atFull} were acknowledged before the disk was full`);
  assert.match(told.refusal, /^audit\/write-failed .*ENOSPC/);
  assert.deepEqual([told.full.findings, told.full.torn], [[], null], 'what could not be written was taken back');
  assert.ok(told.stillRefused > 0, 'as long as the disk is full');
  assert.equal(told.refusedAfterwards, 0);
  assert.equal(told.last, told.seq);
  assert.deepEqual([told.end.findings, told.end.torn, told.end.recovered], [[], null, 0]);
  assert.ok(told.end.records >= told.acknowledged + 3);
});
