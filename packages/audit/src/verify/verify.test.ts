import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { asyncProperty, assert as check, constantFrom, integer, tuple } from 'fast-check';
import { aDirectory, anEvent, hashIn, linesOf, putLines, rechain, rehash, writeLog } from '../../test/logs.ts';
import {
  type AuditLogOptions,
  type Checkpoint,
  type VerifyOptions,
  createLocalSigner,
  generateCheckpointKeys,
  openAuditLog,
  readCheckpointKey,
  readCheckpoints,
  verifyAuditLog,
} from '../index.ts';

/** Records 1 and 2 begin and open the log, 3 to 12 are events, 13 closes it. */
const events = 10;
const first = '00000001.jsonl';

type Lines = readonly string[];
const edited = (line: string | undefined): string => (line ?? '').replace('"code":403', '"code":200');
const at = (lines: Lines, seq: number): string => lines[seq - 1] ?? '';
const withLine = (lines: Lines, seq: number, line: string): Lines => lines.with(seq - 1, line);
const without = (lines: Lines, from: number, to = from): Lines =>
  lines.filter((_, index) => index + 1 < from || index + 1 > to);
const inserted = (lines: Lines, before: number, ...more: Lines): Lines => lines.toSpliced(before - 1, 0, ...more);
const forged = (lines: Lines, after: number, count = 1): Lines =>
  rechain(
    Array.from({ length: count }, () => edited(at(lines, 5))),
    { seq: after, hash: hashIn(at(lines, after)) },
  );

const tamperings: readonly (readonly [string, string, number, (lines: Lines) => Lines])[] = [
  ['a value was changed', 'edit', 6, (lines) => withLine(lines, 6, edited(at(lines, 6)))],
  [
    'a value of the last record was changed',
    'edit',
    13,
    (lines) => withLine(lines, 13, at(lines, 13).replace('stop', 'start')),
  ],
  ['a value and the hash were changed', 'edit', 6, (lines) => withLine(lines, 6, rehash(edited(at(lines, 6))))],
  [
    'the first record and its hash were changed',
    'edit',
    1,
    (lines) => withLine(lines, 1, rehash(at(lines, 1).replace('6002', '6003'))),
  ],
  ['a number was changed', 'edit', 6, (lines) => withLine(lines, 6, at(lines, 6).replace('"seq":6', '"seq":7'))],
  ['a hash was changed', 'edit', 6, (lines) => withLine(lines, 6, `${at(lines, 6).slice(0, -66)}${'0'.repeat(64)}"}`)],
  [
    'a space was put into a record',
    'edit',
    6,
    (lines) => withLine(lines, 6, at(lines, 6).replace(',"time"', ', "time"')),
  ],
  ['a record was replaced by something else', 'edit', 6, (lines) => withLine(lines, 6, 'nonsense')],
  ['a line was emptied', 'edit', 6, (lines) => withLine(lines, 6, '')],
  ['a record was removed', 'deletion', 6, (lines) => without(lines, 6)],
  ['several records were removed', 'deletion', 4, (lines) => without(lines, 4, 9)],
  ['the first record was removed', 'deletion', 1, (lines) => without(lines, 1)],
  ['a line that is no record was put in', 'insertion', 6, (lines) => inserted(lines, 6, 'nonsense')],
  ['a forged record was put in', 'insertion', 6, (lines) => inserted(lines, 6, ...forged(lines, 5))],
  ['several forged records were put in', 'insertion', 6, (lines) => inserted(lines, 6, ...forged(lines, 5, 4))],
  ['a record was written twice', 'insertion', 6, (lines) => inserted(lines, 7, at(lines, 6))],
  ['an earlier record was copied', 'insertion', 5, (lines) => inserted(lines, 9, at(lines, 5))],
  ['earlier records were copied to the end', 'insertion', 5, (lines) => [...lines, at(lines, 5), at(lines, 6)]],
  ['two records were exchanged', 'reorder', 6, (lines) => withLine(withLine(lines, 6, at(lines, 7)), 7, at(lines, 6))],
  ['a record was moved to the end', 'reorder', 6, (lines) => [...without(lines, 6), at(lines, 6)]],
  ['a record was moved to the front', 'reorder', 3, (lines) => inserted(without(lines, 8), 3, at(lines, 8))],
];

for (const [what, kind, seq, tamper] of tamperings)
  test(`tells that ${what}: ${kind} of record ${seq}`, async (context) => {
    const directory = aDirectory(context);
    await writeLog(directory, events);
    const lines = linesOf(join(directory, first));
    assert.equal(lines.length, events + 3);
    const changed = tamper(lines);
    assert.notDeepEqual(changed, lines);
    putLines(join(directory, first), changed);
    const { findings, torn } = await verifyAuditLog(directory);
    assert.deepEqual(
      findings.map((finding) => [finding.kind, finding.seq]),
      [[kind, seq]],
      findings[0]?.message,
    );
    assert.equal(torn, undefined);
  });

test('names the line of an inserted record, not of the genuine one after it', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, events);
  const lines = linesOf(join(directory, first));
  putLines(join(directory, first), inserted(lines, 6, ...forged(lines, 5, 3)));
  const [finding] = (await verifyAuditLog(directory)).findings;
  assert.equal(finding?.place?.line, 6);
  assert.match(finding?.message ?? '', /the one that the log goes on from is in 00000001\.jsonl, line 9/);
});

test('whatever is done to a sound log, short of a whole new chain or a cut end, is found', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, events);
  const file = join(directory, first);
  const bytes = readFileSync(file);
  await check(
    asyncProperty(
      tuple(
        integer({ min: 0, max: bytes.length - 2 }),
        integer({ min: 1, max: 255 }),
        constantFrom('flip', 'drop', 'double'),
      ),
      async ([place, flip, act]) => {
        const [head, byte, tail] = [
          bytes.subarray(0, place),
          bytes.subarray(place, place + 1),
          bytes.subarray(place + 1),
        ];
        const middle = { flip: [Buffer.from([(byte[0] ?? 0) ^ flip])], drop: [], double: [byte, byte] }[act];
        writeFileSync(file, Buffer.concat([head, ...middle, tail]));
        const { findings } = await verifyAuditLog(directory);
        const line = bytes.subarray(0, place).toString().split('\n').length;
        assert.equal(findings.length, 1);
        // A line end that went spoils the line that it ended; one byte never concerns another record.
        assert.ok(Math.abs((findings[0]?.seq ?? 0) - line) <= 1, `${findings[0]?.message} for line ${line}`);
      },
    ),
    { numRuns: 150 },
  );
});

test('tells which segments are missing or exchanged', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, 30, { segmentBytes: 3000 });
  const kept = join(aDirectory(context), 'kept');
  cpSync(directory, kept, { recursive: true });
  const begins = (segment: string): number => Number(/"seq":(\d+)/.exec(linesOf(join(kept, segment))[0] ?? '')?.[1]);
  const found = async (): Promise<unknown> =>
    (await verifyAuditLog(directory)).findings.map(({ kind, seq, place }) => [kind, seq, place?.file]);

  rmSync(join(directory, '00000002.jsonl'));
  assert.deepEqual(await found(), [['deletion', begins('00000002.jsonl'), '00000003.jsonl']]);
  rmSync(join(directory, first));
  assert.deepEqual(await found(), [['deletion', 1, '00000003.jsonl']]);
  cpSync(kept, directory, { recursive: true });
  renameSync(join(directory, '00000002.jsonl'), join(directory, 'swap'));
  renameSync(join(directory, '00000003.jsonl'), join(directory, '00000002.jsonl'));
  renameSync(join(directory, 'swap'), join(directory, '00000003.jsonl'));
  assert.deepEqual(await found(), [['reorder', begins('00000002.jsonl'), '00000002.jsonl']]);
});

const keys = generateCheckpointKeys();
const strangers = generateCheckpointKeys();

/** A log of ten events with a checkpoint after each fifth, its copy after the first five, and the key. */
const signedLog = async (context: TestContext, options: Partial<AuditLogOptions> = {}) => {
  const directory = aDirectory(context);
  const earlier = join(aDirectory(context), 'earlier');
  const log = await openAuditLog({
    directory,
    checkpoints: { signer: createLocalSigner(keys.privateKey) },
    ...options,
  });
  const checkpoints: Checkpoint[] = [];
  for (let number = 1; number <= events; number += 1) {
    await log.append(anEvent(String(number)));
    if (number % 5 !== 0) continue;
    const made = await log.checkpoint();
    if (made !== undefined) checkpoints.push(made);
    if (number === 5) cpSync(directory, earlier, { recursive: true, filter: (path) => !path.endsWith('lock') });
  }
  await log.close();
  return { directory, earlier, file: join(directory, first), checkpoints, key: readCheckpointKey(keys.publicKey) };
};

const outcome = async (directory: string, options: VerifyOptions = {}): Promise<unknown> =>
  (await verifyAuditLog(directory, options)).findings.map(({ kind, seq }) => [kind, seq]);

const newChain = (file: string, from: number): void => {
  const lines = linesOf(file);
  const head = { seq: from - 1, hash: hashIn(at(lines, from - 1)) };
  putLines(file, [...lines.slice(0, from - 1), ...rechain(lines.slice(from - 1).map(edited), head)]);
};

test('a sound log agrees with its checkpoints, and says which of them vouches for it', async (context) => {
  const { directory, key, checkpoints } = await signedLog(context);
  const result = await verifyAuditLog(directory, { keys: [key], given: checkpoints });
  assert.deepEqual(result.findings, []);
  assert.deepEqual([result.agreed, result.vouched?.origin, result.vouched?.checkpoint.seq], [5, 'given', 12]);
  assert.deepEqual(
    (await readCheckpoints(join(directory, 'checkpoints.jsonl'))).checkpoints.map(({ seq, signature }) => [
      seq,
      signature?.kind,
    ]),
    [
      [7, 'local'],
      [12, 'local'],
      [13, 'local'],
    ],
  );
});

test('tells that the end was cut off, by the checkpoints beside the log', async (context) => {
  const { directory, file, key } = await signedLog(context);
  putLines(file, linesOf(file).slice(0, 9));
  assert.deepEqual(await outcome(directory, { keys: [key] }), [['cut-tail', 10]]);
  rmSync(file);
  assert.deepEqual(await outcome(directory, { keys: [key] }), [['cut-tail', 1]]);
});

test('tells that the chain was computed anew, and from which record at the earliest', async (context) => {
  const { directory, file, key } = await signedLog(context);
  newChain(file, 9);
  assert.deepEqual((await verifyAuditLog(directory, { keys: [key] })).head.seq, 13);
  assert.deepEqual(await outcome(directory, { keys: [key] }), [['rewrite', 8]]);
});

test('tells that the checkpoints were forged together with the chain, by the key', async (context) => {
  const { directory, file, key, checkpoints } = await signedLog(context);
  newChain(file, 9);
  rmSync(join(directory, 'checkpoints.jsonl'));
  // The forger opens the log with a key of his own, as the writer would.
  await (await openAuditLog({ directory, checkpoints: { signer: createLocalSigner(strangers.privateKey) } })).close();
  assert.deepEqual(await outcome(directory), [], 'without a key nothing is to be seen');
  assert.deepEqual(await outcome(directory, { keys: [key] }), [['forged-checkpoint', 15]]);
  assert.deepEqual(await outcome(directory, { given: checkpoints }), [['rewrite', 8]]);
});

test('tells that log and checkpoints were put back together, by a checkpoint that was kept elsewhere alone', async (context) => {
  const { directory, earlier, key, checkpoints } = await signedLog(context);
  rmSync(directory, { recursive: true });
  cpSync(earlier, directory, { recursive: true });
  assert.deepEqual(await outcome(directory, { keys: [key] }), []);
  assert.deepEqual(await outcome(directory, { keys: [key], given: checkpoints }), [['rollback', 8]]);
  const [, last] = checkpoints;
  assert.ok(last !== undefined);
  const { log, seq, hash, time } = last;
  assert.deepEqual(await outcome(directory, { remembered: [{ log, seq, hash, time }] }), [['rollback', 8]]);
});

test('tells that a log was put back and went on from there', async (context) => {
  const { directory, earlier, checkpoints } = await signedLog(context);
  rmSync(directory, { recursive: true });
  cpSync(earlier, directory, { recursive: true });
  await writeLog(directory, 8);
  assert.deepEqual(await outcome(directory), []);
  assert.deepEqual(await outcome(directory, { given: checkpoints }), [['rewrite', 8]]);
});

test('tells that another log stands beside the checkpoints', async (context) => {
  const { directory, file } = await signedLog(context);
  const other = aDirectory(context);
  await writeLog(other, events);
  cpSync(join(other, first), file);
  assert.deepEqual(await outcome(directory), [['missing-log', 1]]);
});

test('a checkpoint whose statement was changed has no signature any more', async (context) => {
  const { directory, key } = await signedLog(context);
  const file = join(directory, 'checkpoints.jsonl');
  putLines(
    file,
    linesOf(file).map((line) => line.replace('"local"', '"vault-transit"')),
  );
  assert.deepEqual(await outcome(directory, { keys: [key] }), [['forged-checkpoint', 7]]);
});

test('a log is not opened where it ends before its last checkpoint, or was computed anew', async (context) => {
  const { directory, file } = await signedLog(context);
  const lines = linesOf(file);
  newChain(file, 9);
  await assert.rejects(openAuditLog({ directory }), { code: 'audit/behind-checkpoint' });
  putLines(file, lines.slice(0, 9));
  await assert.rejects(openAuditLog({ directory }), { code: 'audit/behind-checkpoint' });
  rmSync(file);
  await assert.rejects(openAuditLog({ directory }), { code: 'audit/behind-checkpoint' });
  putLines(file, lines);
  await (await openAuditLog({ directory })).close();
});

test('says what it could not have seen, depending on what it was given', async (context) => {
  const { directory, key, checkpoints } = await signedLog(context);
  const told = async (options: VerifyOptions): Promise<string> =>
    (await verifyAuditLog(directory, options)).undetectable.join('\n');
  assert.match(await told({}), /no key was given.*\n.*--checkpoint/);
  assert.match(await told({ keys: [key] }), /whoever can read the local key.*\n.*--checkpoint/);
  const best = await told({ keys: [key], given: checkpoints });
  assert.match(best, /records after 12/);
  assert.doesNotMatch(best, /--checkpoint/);
  for (const options of [{}, { keys: [key], given: checkpoints }])
    assert.match(await told(options), /falsely or not at all/);
  rmSync(join(directory, 'checkpoints.jsonl'));
  assert.match(await told({}), /no checkpoint vouches for any record/);
});

test('where there is no log it says so instead of passing', async (context) => {
  await assert.rejects(verifyAuditLog(aDirectory(context)), { code: 'audit/no-log' });
  await assert.rejects(verifyAuditLog('/nonexistent/audit'), { code: 'audit/directory-unusable' });
});

test('a log can be verified while it is written', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({
    directory,
    segmentBytes: 50_000,
    checkpoints: { signer: createLocalSigner(keys.privateKey) },
  });
  const writer = { writes: true };
  const written = (async () => {
    for (let turn = 0; turn < 40; turn += 1) {
      await Promise.all(Array.from({ length: 50 }, () => log.append(anEvent('1'))));
      await log.checkpoint();
    }
    writer.writes = false;
  })();
  let verified = 0;
  for (; writer.writes; verified += 1) assert.deepEqual(await outcome(directory), []);
  await written;
  await log.close();
  assert.ok(verified > 2, `verified ${verified} times`);
});
