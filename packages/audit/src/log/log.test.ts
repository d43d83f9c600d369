import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { aDirectory, allLines, anEvent, hashIn, linesOf, writeLog } from '../../test/logs.ts';
import { openAuditLog, verifyAuditLog } from '../index.ts';

const first = '00000001.jsonl';

const soundness = async (directory: string): Promise<object> => {
  const { findings, torn, records } = await verifyAuditLog(directory);
  return { findings, torn, records };
};

test('a record is on the disk, with its number and hash, when append resolves', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory, product: 'shop', now: () => 1_700_000_000_000 });
  const receipt = await log.append(anEvent('42'));
  const line = linesOf(join(directory, first))[receipt.seq - 1] ?? '';
  assert.equal(hashIn(line), receipt.hash);
  assert.equal(receipt.log, log.id);
  assert.deepEqual(log.head(), { seq: receipt.seq, hash: receipt.hash });
  const { seq, prev, hash, boot, monotonic, ...record } = JSON.parse(line);
  assert.deepEqual([seq, prev, hash], [3, hashIn(linesOf(join(directory, first))[1] ?? ''), receipt.hash]);
  assert.deepEqual([typeof boot, typeof monotonic], ['string', 'number']);
  assert.deepEqual(record, {
    time: 1_700_000_000_000,
    class_uid: 6003,
    class_name: 'API Activity',
    category_uid: 6,
    activity_id: 4,
    activity_name: 'delete',
    type_uid: 600304,
    severity_id: 1,
    status_id: 2,
    status: 'failure',
    status_detail: 'insufficient-permissions',
    api: { operation: 'user.delete', request: { uid: 'request-42' } },
    actor: { user: { uid: 'u-17' }, session: { issuer: 'https://issuer.example' } },
    src_endpoint: { ip: '192.0.2.7', port: 40123 },
    resources: [{ type: 'user', uid: '42' }],
    http_request: { http_method: 'DELETE', url: { path: '/api/user/42' } },
    http_response: { code: 403 },
    metadata: { version: '1.6.0', product: { name: 'shop', vendor_name: 'Palisade' } },
  });
  await log.close();
});

test('the hash is the SHA-256 of the bytes before it, after the name of the format', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, 1);
  for (const line of await allLines(directory)) {
    const bytes = Buffer.from(line);
    const digest = createHash('sha256')
      .update('palisade-audit-record-v1\n')
      .update(bytes.subarray(0, -75))
      .digest('hex');
    assert.equal(digest, hashIn(line));
  }
});

test('many appends at once are kept in the order in which they came', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const receipts = await Promise.all(Array.from({ length: 2000 }, (_, index) => log.append(anEvent(String(index)))));
  await log.close();
  assert.deepEqual(
    receipts.map(({ seq }) => seq),
    receipts.map((_, index) => index + 3),
  );
  const lines = await allLines(directory);
  for (const [index, { seq, hash }] of receipts.entries()) {
    assert.match(lines[seq - 1] ?? '', new RegExp(`"uid":"${index}"`));
    assert.equal(hashIn(lines[seq - 1] ?? ''), hash);
  }
});

test('what a caller does to its event afterwards changes nothing', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const details = { amount: 1 };
  const appended = log.append({ ...anEvent('1'), details });
  details.amount = 2;
  const { seq } = await appended;
  await log.close();
  assert.match(linesOf(join(directory, first))[seq - 1] ?? '', /"unmapped":\{"amount":1\}/);
});

test('a log is gone on with where it ended, by its own id', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, 3);
  const log = await openAuditLog({ directory });
  const { log: id, seq } = await log.append(anEvent('4'));
  await log.close();
  assert.match(linesOf(join(directory, first))[0] ?? '', new RegExp(id));
  assert.equal(seq, 8);
  assert.deepEqual(await soundness(directory), { findings: [], torn: undefined, records: 9 });
});

test('a full segment is followed by the next one, and the chain goes through', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory, segmentBytes: 2000 });
  for (let index = 0; index < 30; index += 1) await log.append(anEvent(String(index)));
  await log.close();
  const segments = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  assert.ok(segments.length > 5, segments.join());
  const ends = hashIn(linesOf(join(directory, first)).at(-1) ?? '');
  const { chain, prev } = JSON.parse(linesOf(join(directory, '00000002.jsonl'))[0] ?? '');
  assert.deepEqual(
    [prev, chain.previous.hash, chain.previous.bytes],
    [ends, ends, statSync(join(directory, first)).size],
  );
  assert.deepEqual((await verifyAuditLog(directory)).findings, []);
});

test('files of a log are for their owner alone', async (context) => {
  const directory = join(aDirectory(context), 'audit');
  await writeLog(directory, 1);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, first)).mode & 0o777, 0o600);
});

test('the rest of an interrupted write is closed off and recorded when the log is opened again', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, 2);
  const before = readFileSync(join(directory, first), 'utf8');
  const rest = '{"seq":6,"prev":"00ab';
  appendFileSync(join(directory, first), rest);
  const { torn } = await verifyAuditLog(directory);
  assert.deepEqual([torn?.line, torn?.bytes], [6, rest.length]);
  await writeLog(directory, 1);
  const lines = linesOf(join(directory, first));
  assert.ok(readFileSync(join(directory, first), 'utf8').startsWith(`${before}${rest}\n`), 'nothing was taken away');
  assert.deepEqual(JSON.parse(lines[6] ?? '').chain, {
    kind: 'recovery',
    bytes: rest.length,
    sha256: createHash('sha256').update(rest).digest('hex'),
  });
  const { findings, recovered, records } = await verifyAuditLog(directory);
  assert.deepEqual([findings, recovered.map(({ line }) => line), records], [[], [6], 9]);
});

test('a last record without its line end is a record', async (context) => {
  const directory = aDirectory(context);
  await writeLog(directory, 2);
  truncateSync(join(directory, first), statSync(join(directory, first)).size - 1);
  await writeLog(directory, 1);
  assert.deepEqual(await soundness(directory), { findings: [], torn: undefined, records: 8 });
});

for (const [what, damage, code] of [
  [
    'a record was edited',
    (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('"uid":"2"', '"uid":"9"')),
    'audit/log-damaged',
  ],
  ['lines were put in', (file: string) => appendFileSync(file, 'nonsense\n'), 'audit/log-damaged'],
  ['nothing is left', (file: string) => truncateSync(file, 0), 'audit/log-damaged'],
] as const)
  test(`a log is not gone on with where ${what}`, async (context) => {
    const directory = aDirectory(context);
    await writeLog(directory, 3);
    damage(join(directory, first));
    const damaged = readFileSync(join(directory, first));
    await assert.rejects(openAuditLog({ directory }), { name: 'AuditError', code });
    assert.deepEqual(readFileSync(join(directory, first)), damaged);
    assert.deepEqual(readdirSync(directory), [first]);
  });

for (const [what, damage] of [
  ['cut', (file: string) => truncateSync(file, linesOf(file).slice(0, 3).join('\n').length + 1)],
  ['removed', (file: string) => rmSync(file)],
  ['written to by another', (file: string) => appendFileSync(file, 'nonsense\n')],
] as const)
  test(`nothing is acknowledged any more in a file that was ${what} while it was open`, async (context) => {
    const directory = aDirectory(context);
    const log = await openAuditLog({ directory });
    for (const uid of ['1', '2', '3']) await log.append(anEvent(uid));
    damage(join(directory, first));
    for (const uid of ['4', '5'])
      await assert.rejects(log.append(anEvent(uid)), { name: 'AuditError' }, `${uid} was acknowledged`);
    await log.close();
  });

test('an append that is aborted while it waits is not written', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const controller = new AbortController();
  const kept = log.append(anEvent('kept'));
  const aborted = log.append(anEvent('aborted'), { signal: controller.signal });
  const reason = new Error('the client went away');
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  await kept;
  await assert.rejects(log.append(anEvent('late'), { signal: controller.signal }), reason);
  await log.close();
  assert.doesNotMatch(readFileSync(join(directory, first), 'utf8'), /"aborted"|"late"/);
});

test('events that come faster than the disk takes them are refused at a bound', async (context) => {
  const log = await openAuditLog({ directory: aDirectory(context), queueBytes: 3000 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) => log.append(anEvent(String(index)))),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  assert.ok(refused.length > 0 && refused.length < 10, `${refused.length} were refused`);
  for (const outcome of refused) assert.match(JSON.stringify(outcome), /audit\/queue-full/);
  await log.append(anEvent('again'));
  await log.close();
});

test('a record that is too large is refused, and the log goes on', async (context) => {
  const log = await openAuditLog({ directory: aDirectory(context), maximumRecordBytes: 2000 });
  await assert.rejects(log.append({ ...anEvent('1'), details: { text: 'ü'.repeat(1000) } }), {
    code: 'audit/event-too-large',
  });
  await log.append(anEvent('2'));
  await log.close();
});

test('a closed log takes nothing, and is closed once', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const last = log.append(anEvent('1'));
  await Promise.all([log.close(), log.close()]);
  await last;
  await assert.rejects(log.append(anEvent('2')), { code: 'audit/closed' });
  assert.deepEqual(readdirSync(directory), [first]);
  assert.match(linesOf(join(directory, first)).at(-1) ?? '', /"kind":"closed"/);
});
