import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aDirectory, anEvent } from '../../test/logs.ts';
import { openAuditLog } from '../index.ts';
import { type LockLimits, takeLock } from './lock.ts';

const limits: LockLimits = { patience: 50, heartbeat: 20, silence: 300 };

const readModified = (file: string): number => statSync(file).mtimeMs;

const holderIn = (directory: string): object => JSON.parse(readFileSync(join(directory, 'lock'), 'utf8'));

test('a directory is written by one log at a time, and the second is told by whom', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  await assert.rejects(openAuditLog({ directory, patience: 50 }), {
    code: 'audit/locked',
    message: new RegExp(`process ${process.pid} on `),
  });
  await log.append(anEvent('1'));
  await log.close();
  await (await openAuditLog({ directory })).close();
});

test('a log is waited for that is just being closed', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const next = openAuditLog({ directory });
  await log.close();
  await (await next).close();
});

test('the lock goes to one of many that ask at once', async (context) => {
  const directory = aDirectory(context);
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(directory, limits)));
  const taken = asked.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  assert.equal(taken.length, 1);
  assert.deepEqual(readdirSync(directory), ['lock']);
  for (const lock of taken) await lock.release();
  assert.deepEqual(readdirSync(directory), []);
});

for (const [whose, text] of [
  ['a process that is gone', (ours: object, gone: number) => JSON.stringify({ ...ours, pid: gone })],
  ['another process that got the same number', (ours: object) => JSON.stringify({ ...ours, started: '1' })],
  ['the time before a restart of the machine', (ours: object) => JSON.stringify({ ...ours, boot: 'another' })],
  ['nobody that can be read', () => '{"pid":'],
] as const)
  test(`the lock of ${whose} is taken over`, async (context) => {
    const directory = aDirectory(context);
    const lock = await takeLock(directory, limits);
    const ours = holderIn(directory);
    await lock.release();
    writeFileSync(join(directory, 'lock'), text(ours, spawnSync('true').pid));
    const taken = await takeLock(directory, limits);
    assert.deepEqual(holderIn(directory), ours);
    await taken.release();
  });

/** A lock that looks like one of another container, whose processes cannot be looked at. */
const foreignLock = async (directory: string): Promise<string> => {
  const lock = await takeLock(directory, limits);
  const ours = holderIn(directory);
  await lock.release();
  const file = join(directory, 'lock');
  writeFileSync(file, JSON.stringify({ ...ours, host: 'elsewhere' }));
  return file;
};

test('the lock of another host is taken over when it gives no sign of life', async (context) => {
  const directory = aDirectory(context);
  await foreignLock(directory);
  const began = performance.now();
  const lock = await takeLock(directory, limits);
  assert.ok(performance.now() - began >= limits.silence);
  await lock.release();
});

test('the lock of another host is not taken over as long as it gives signs of life', async (context) => {
  const directory = aDirectory(context);
  const file = await foreignLock(directory);
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 20);
  try {
    await assert.rejects(takeLock(directory, limits), { code: 'audit/locked', message: /on elsewhere/ });
  } finally {
    clearInterval(beat);
  }
});

test('a holder gives signs of life', async (context) => {
  const directory = aDirectory(context);
  const lock = await takeLock(directory, limits);
  utimesSync(join(directory, 'lock'), new Date(0), new Date(0));
  const deadline = performance.now() + 5000;
  while (readModified(join(directory, 'lock')) === 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.notEqual(readModified(join(directory, 'lock')), 0);
  await lock.release();
});

test('a log whose lock was taken from it acknowledges nothing more, and leaves the lock of the other alone', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  await log.append(anEvent('1'));
  rmSync(join(directory, 'lock'));
  const other = await openAuditLog({ directory });
  await assert.rejects(log.append(anEvent('2')), { code: 'audit/lock-lost' });
  await log.close();
  await other.append(anEvent('3'));
  await assert.rejects(openAuditLog({ directory, patience: 50 }), { code: 'audit/locked' });
  await other.close();
});

test('waiting for a lock ends with the signal', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const waiting = openAuditLog({ directory, patience: 60_000, signal: AbortSignal.timeout(50) });
  await assert.rejects(waiting, { name: 'TimeoutError' });
  await log.close();
  assert.deepEqual(readdirSync(directory), ['00000001.jsonl']);
});

test('a process that was killed is no hindrance', async (context) => {
  const directory = aDirectory(context);
  const child = spawn(
    process.execPath,
    [
      '--conditions=palisade-source',
      '--no-warnings',
      join(import.meta.dirname, '..', '..', 'test', 'writer.ts'),
      directory,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000, killSignal: 'SIGKILL' },
  );
  await once(child.stdout, 'data');
  await assert.rejects(openAuditLog({ directory, patience: 50 }), { code: 'audit/locked' });
  child.kill('SIGKILL');
  await once(child, 'close');
  await (await openAuditLog({ directory })).close();
});
