import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { logTail, openLog, redactLine, rotateLog } from './logs.ts';

const logFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-log-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'service.log');
};

test('shows the last lines that this start has written', async (context) => {
  const log = logFor(context);
  writeFileSync(log, 'of an earlier start\n');
  appendFileSync(log, 'one\n\ntwo\nthree\n');
  assert.deepEqual(await logTail(log, 20, 10), ['one', 'two', 'three']);
  assert.deepEqual(await logTail(log, 20, 2), ['two', 'three']);
  assert.deepEqual(await logTail(`${log}.none`, 0, 2), []);
});

test('lets a writer go on at the beginning after a rotation', async (context) => {
  const log = logFor(context);
  const writer = await openLog(log);
  await writer.write('before\n');
  await rotateLog(log, 100);
  assert.equal(readFileSync(log, 'utf8'), 'before\n');
  await rotateLog(log, 3);
  await writer.write('after\n');
  await writer.close();
  assert.equal(readFileSync(log, 'utf8'), 'after\n');
  assert.equal(readFileSync(`${log}.1`, 'utf8'), 'before\n');
});

test('does not write through a symbolic link', async (context) => {
  const log = logFor(context);
  symlinkSync(`${log}.elsewhere`, log);
  await assert.rejects(openLog(log), { code: 'ELOOP' });
});

const environment = { DB_PASSWORD: 'hunter22', PGUSER: 'postgres', API_KEY: 'x', SESSION_SECRET: 'hunter22-long' };
const lines: readonly (readonly [before: string, after: string])[] = [
  ['role postgres: wrong hunter22', 'role postgres: wrong ‹redacted›'],
  ['hunter22-long', '‹redacted›'],
  ['cannot reach postgresql://app:swordfish@db:5432/app', 'cannot reach postgresql://app:‹redacted›@db:5432/app'],
  ['got hvs.CAESIJ0123456789abcdefghij back', 'got ‹redacted› back'],
  ['Root Token: root', 'Root Token: ‹redacted›'],
  ['Unseal Key 1: abc+/=', 'Unseal Key 1: ‹redacted›'],
  ['listening on x', 'listening on x'],
];
for (const [before, after] of lines)
  test(`shows "${after}"`, () => assert.equal(redactLine(before, environment), after));
