import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLocalSigner, generateCheckpointKeys, openAuditLog } from '@palisade/audit';
import { type Ended, inProject, palisade } from './command-line.ts';

const keys = generateCheckpointKeys();

const writeLog = async (directory: string, events: number): Promise<void> => {
  const log = await openAuditLog({ directory, checkpoints: { signer: createLocalSigner(keys.privateKey) } });
  for (let number = 1; number <= events; number += 1)
    await log.append({
      class: 'authentication',
      activity: 'logon',
      outcome: 'failure',
      operation: 'login',
      actor: { uid: `user-${number}` },
    });
  await log.close();
};

const change = (file: string, edit: (text: string) => string): void =>
  writeFileSync(file, edit(readFileSync(file, 'utf8')));

/** A project with a log of ten events in `audit`, and its key and checkpoints elsewhere. */
const withLog = (
  use: (place: {
    directory: string;
    file: string;
    verify: (...args: readonly string[]) => Promise<Ended>;
  }) => Promise<void>,
): Promise<void> =>
  inProject({ 'key.pem': keys.publicKey }, async (directory) => {
    await writeLog(join(directory, 'audit'), 10);
    cpSync(join(directory, 'audit', 'checkpoints.jsonl'), join(directory, 'kept.jsonl'));
    await use({
      directory,
      file: join(directory, 'audit', '00000001.jsonl'),
      verify: (...args) => palisade(['audit', 'verify', ...args], { directory }),
    });
  });

test('a sound log ends with 0, and what could not have been seen is said', () =>
  withLog(async ({ verify }) => {
    const { code, stdout, stderr } = await verify('audit', '--key', 'key.pem', '--checkpoint', 'kept.jsonl');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /^sound {2}audit {2}log [0-9a-f-]{36}, 13 sound records\n {2}vouched {3}record 13, .*\(given;/,
    );
    assert.match(stdout, /unseen {4}Events that a program reported falsely/);
  }));

test('an edited log ends with 1, and the first bad record is named with its line', () =>
  withLog(async ({ file, verify }) => {
    change(file, (text) => text.replace('user-3', 'user-8'));
    const { code, stdout } = await verify('audit');
    assert.equal(code, 1);
    assert.match(stdout, /tampered with.*\n {2}edit: record 5 \(00000001\.jsonl, line 5\)/);
    const json = JSON.parse((await verify('audit', '--format', 'json')).stdout);
    assert.deepEqual(
      json.logs[0].findings.map(({ kind, seq, place }: { kind: string; seq: number; place: object }) => [
        kind,
        seq,
        place,
      ]),
      [['edit', 5, { file: '00000001.jsonl', line: 5, offset: json.logs[0].findings[0].place.offset }]],
    );
  }));

test('a torn last line is named and is no tampering', () =>
  withLog(async ({ file, verify }) => {
    change(file, (text) => `${text}{"seq":14,"pr`);
    const { code, stdout } = await verify('audit', '--key', 'key.pem');
    assert.equal(code, 0);
    assert.match(stdout, /torn {6}the last 13 bytes \(00000001\.jsonl, line 14\)/);
  }));

test('what a run saw shows the next one that log and checkpoints were put back together', () =>
  withLog(async ({ directory, verify }) => {
    const [log, earlier] = [join(directory, 'audit'), join(directory, 'earlier')];
    cpSync(log, earlier, { recursive: true });
    await writeLog(log, 5);
    const args = ['audit', '--key', 'key.pem', '--remember', 'memory.jsonl'];
    assert.equal((await verify(...args)).code, 0);
    const memory = readFileSync(join(directory, 'memory.jsonl'), 'utf8');
    assert.equal(statSync(join(directory, 'memory.jsonl')).mode & 0o777, 0o600);
    assert.equal((await verify(...args)).code, 0, 'the same log again');
    rmSync(log, { recursive: true });
    cpSync(earlier, log, { recursive: true });
    assert.equal((await verify('audit', '--key', 'key.pem')).code, 0, 'not to be seen without memory');
    const { code, stdout } = await verify(...args);
    assert.equal(code, 1);
    assert.match(stdout, /rollback: record 14: /);
    assert.equal(readFileSync(join(directory, 'memory.jsonl'), 'utf8'), memory, 'a bad log is not remembered');
  }));

test('a cut end is found by a checkpoint that was kept elsewhere', () =>
  withLog(async ({ directory, file, verify }) => {
    change(file, (text) => text.split('\n').slice(0, 6).join('\n').concat('\n'));
    rmSync(join(directory, 'audit', 'checkpoints.jsonl'));
    assert.equal((await verify('audit')).code, 0);
    const { code, stdout } = await verify('audit', '--checkpoint', 'kept.jsonl');
    assert.equal(code, 1);
    assert.match(stdout, /cut-tail: record 7: /);
  }));

test('logs of several processes are verified together, and one that is gone is missed', () =>
  withLog(async ({ directory, verify }) => {
    mkdirSync(join(directory, 'all'));
    for (const name of ['a', 'b']) await writeLog(join(directory, 'all', name), 2);
    const args = ['all', '--remember', 'memory.jsonl'];
    const both = await verify(...args);
    assert.equal(both.code, 0);
    assert.match(both.stdout, /sound {2}all\/a .*[\s\S]*sound {2}all\/b /);
    rmSync(join(directory, 'all', 'b'), { recursive: true });
    const one = await verify(...args);
    assert.equal(one.code, 1);
    assert.match(
      one.stdout,
      /missing-log: record 1: the log [0-9a-f-]{36} is not there, of which 5 records are\s+known/,
    );
    rmSync(join(directory, 'all'), { recursive: true });
    assert.equal((await verify(...args)).code, 1, 'also where nothing at all is left');
  }));

for (const [what, args, code, error] of [
  ['a directory without a log', ['.'], 2, 'job/no-audit-log'],
  ['a directory that is not there', ['nowhere'], 2, 'job/no-audit-log'],
  ['a key that is none', ['audit', '--key', 'kept.jsonl'], 2, 'job/audit-key-unusable'],
  ['a key that is not there', ['audit', '--key', 'nowhere'], 2, 'job/audit-key-unusable'],
  ['checkpoints that are none', ['audit', '--checkpoint', 'key.pem'], 2, 'job/audit-checkpoints-unreadable'],
  ['checkpoints that are not there', ['audit', '--checkpoint', 'nowhere'], 2, 'job/audit-checkpoints-unreadable'],
  ['a memory beside the log', ['audit', '--remember', 'audit/memory'], 2, 'job/audit-memory-beside-log'],
  ['a memory that was changed', ['audit', '--remember', 'key.pem'], 3, 'job/audit-memory-unusable'],
  ['a memory that cannot be written', ['audit', '--remember', 'nowhere/memory'], 3, 'job/audit-memory-unusable'],
] as const)
  test(`${what} ends with ${code} and says what to do`, () =>
    withLog(async ({ directory, verify }) => {
      mkdirSync(join(directory, 'empty'));
      const [first, ...rest] = args;
      const { code: ended, stderr } = await verify(first === '.' ? 'empty' : first, ...rest);
      assert.equal(ended, code, stderr);
      assert.match(stderr, new RegExp(`error ${error}: .*\\n {2}→ `));
    }));

test('a log that cannot be read ends with 3, not with 0', () =>
  withLog(async ({ file, verify }) => {
    rmSync(file);
    mkdirSync(file);
    const { code, stderr } = await verify('audit');
    assert.equal(code, 3);
    assert.match(stderr, /error job\/audit-log-unreadable: .*EISDIR/);
    assert.ok(existsSync(file));
  }));

for (const args of [
  ['audit', 'verify', '--help'],
  ['audit', '--help'],
])
  test(`palisade ${args.join(' ')} shows examples and ends with 0`, () =>
    inProject({}, async (directory) => {
      const { code, stdout } = await palisade(args, { directory });
      assert.equal(code, 0);
      assert.match(stdout, /Examples:/);
    }));

for (const args of [['audit'], ['audit', 'verify', '--frobnicate'], ['audit', 'verify', 'a', 'b'], ['audit', 'erase']])
  test(`wrong usage ends with 2: palisade ${args.join(' ')}`, () =>
    inProject({}, async (directory) => {
      const { code, stdout } = await palisade(args, { directory });
      assert.deepEqual([code, stdout], [2, '']);
    }));
