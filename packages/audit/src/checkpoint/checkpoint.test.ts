import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { aDirectory, anEvent } from '../../test/logs.ts';
import {
  type AuditError,
  type Checkpoint,
  type CheckpointOptions,
  type CheckpointSigner,
  createLocalSigner,
  createTransitSigner,
  generateCheckpointKeys,
  openAuditLog,
  parseCheckpoint,
  readCheckpointKey,
  readCheckpoints,
  signCheckpoint,
} from '../index.ts';

const { publicKey, privateKey } = generateCheckpointKeys();
const local = createLocalSigner(privateKey);
const statement = { log: 'a-log', seq: 7, hash: 'ab'.repeat(32), time: 1_700_000_000_000 };
const { signal } = new AbortController();
const file = 'checkpoints.jsonl';

const withLog = async (
  directory: string,
  checkpoints: CheckpointOptions,
  use: (log: Awaited<ReturnType<typeof openAuditLog>>) => Promise<void>,
): Promise<void> => {
  const log = await openAuditLog({ directory, checkpoints });
  try {
    await use(log);
  } finally {
    await log.close();
  }
};

test('a signature fits its statement, and no other', async () => {
  const key = readCheckpointKey(publicKey);
  const signed = await signCheckpoint(statement, local, signal);
  assert.equal(signed.signature?.kind, 'local');
  assert.ok(key.verifies(signed));
  const { signature } = signed;
  assert.ok(signature !== undefined);
  const others: readonly Checkpoint[] = [
    { ...signed, log: 'b-log' },
    { ...signed, seq: 8 },
    { ...signed, hash: 'cd'.repeat(32) },
    { ...signed, time: statement.time + 1 },
    { ...signed, signature: { ...signature, kind: 'vault-transit' } },
    { ...signed, signature: { ...signature, key: 'another' } },
    { ...signed, signature: { ...signature, value: '' } },
    statement,
  ];
  for (const other of others) assert.ok(!key.verifies(other), JSON.stringify(other));
  assert.ok(!readCheckpointKey(generateCheckpointKeys().publicKey).verifies(signed));
});

test('a public key is read as PEM and as the base64 that the signer names it by', async () => {
  const signed = await signCheckpoint(statement, local, signal);
  for (const text of [publicKey, local.key, `${local.key}\n`]) {
    assert.equal(readCheckpointKey(text).name, local.key);
    assert.ok(readCheckpointKey(text).verifies(signed));
  }
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
for (const [what, text] of [
  ['nothing', ''],
  ['a text', 'nonsense'],
  ['base64 of too little', Buffer.alloc(31).toString('base64')],
  ['a private key', privateKey.reveal()],
  ['a key of another kind', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
] as const)
  test(`${what} is refused as a public key`, () =>
    assert.throws(() => readCheckpointKey(text), { name: 'AuditError', code: 'audit/key-unusable' }));

test('a private key that cannot be used is refused without a word of it', () => {
  const pem = privateKey.reveal();
  for (const text of ['nonsense-canary', pem.replace('MC4C', 'canary'), publicKey])
    assert.throws(
      () => createLocalSigner({ reveal: () => text }),
      (thrown: unknown) =>
        /key-unusable/.test(inspect(thrown)) && !/canary|MC4C|MCow/.test(inspect(thrown, { showHidden: true })),
    );
});

test('generated keys do not show by accident', () => {
  const middle = privateKey.reveal().slice(40, 60);
  for (const text of [inspect(privateKey, { depth: 9 }), JSON.stringify(privateKey)]) assert.ok(!text.includes(middle));
});

test('what is no checkpoint is none', () => {
  for (const line of [
    '',
    'null',
    '[]',
    '{',
    JSON.stringify({ ...statement, seq: 0 }),
    JSON.stringify({ ...statement, seq: '7' }),
    JSON.stringify({ ...statement, hash: 'AB'.repeat(32) }),
    JSON.stringify({ ...statement, signature: { kind: 'mine', key: 'k', value: '' } }),
  ])
    assert.equal(parseCheckpoint(line), undefined, line);
  assert.deepEqual(parseCheckpoint(JSON.stringify(statement)), statement);
});

test('checkpoints are made in time while the log grows, at its end, and taken where the writer says', async (context) => {
  const directory = aDirectory(context);
  const published: Checkpoint[] = [];
  const publish = (checkpoint: Checkpoint): Promise<void> => Promise.resolve(void published.push(checkpoint));
  await withLog(directory, { signer: local, interval: 20, publish }, async (log) => {
    await log.append(anEvent('1'));
    const deadline = performance.now() + 5000;
    while (published.length === 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(
      published.map(({ seq }) => seq),
      [log.head().seq],
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(published.length, 1, 'a log that does not grow needs no further one');
  });
  const { checkpoints } = await readCheckpoints(join(directory, file));
  assert.deepEqual(checkpoints, published);
  assert.deepEqual(
    checkpoints.map(({ seq }) => seq),
    [3, 4],
  );
});

test('a checkpoint is made when a segment is full', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory, segmentBytes: 2000, checkpoints: { signer: local } });
  for (let number = 0; number < 10; number += 1) await log.append(anEvent('1'));
  await log.close();
  assert.ok((await readCheckpoints(join(directory, file))).checkpoints.length > 2);
});

test('a signer that fails or hangs holds nothing up, and is reported', async (context) => {
  const hanging: CheckpointSigner = {
    ...local,
    sign: () => new Promise(() => undefined),
  };
  const refusing: CheckpointSigner = { ...local, sign: () => Promise.reject(new Error('permission denied')) };
  for (const [signer, why] of [
    [hanging, /no answer within 50 ms/],
    [refusing, /permission denied/],
  ] as const) {
    const directory = aDirectory(context);
    const failures: AuditError[] = [];
    await withLog(
      directory,
      { signer, timeout: 50, interval: 20, failed: (error) => void failures.push(error) },
      async (log) => {
        await log.append(anEvent('1'));
        await assert.rejects(log.checkpoint(), { code: 'audit/not-signed', message: why });
        await log.append(anEvent('2'));
      },
    );
    assert.ok(failures.length > 0);
    assert.ok(!existsSync(join(directory, file)));
  }
});

test('a checkpoint that could not be published is made again', async (context) => {
  const directory = aDirectory(context);
  let [down, published] = [true, 0];
  const publish = (): Promise<void> => {
    if (down) return Promise.reject(new Error('unreachable'));
    published += 1;
    return Promise.resolve();
  };
  await withLog(directory, { signer: local, publish }, async (log) => {
    await assert.rejects(log.checkpoint(), { code: 'audit/not-signed', message: /unreachable/ });
    down = false;
    assert.ok((await log.checkpoint()) !== undefined);
    assert.equal(published, 1);
  });
});

test('a line of checkpoints that was cut is closed off and passed over', async (context) => {
  const directory = aDirectory(context);
  await withLog(directory, { signer: local }, () => Promise.resolve());
  appendFileSync(join(directory, file), '{"log":"a-');
  await withLog(directory, { signer: local }, () => Promise.resolve());
  assert.match(readFileSync(join(directory, file), 'utf8'), /\n\{"log":"a-\n\{"log":/);
  const { checkpoints, unreadable } = await readCheckpoints(join(directory, file));
  assert.deepEqual([checkpoints.length, unreadable], [2, 1]);
});

test('what Vault answers is taken for a signature only where it is one', async () => {
  const value = Buffer.alloc(64, 7).toString('base64');
  const asked: string[] = [];
  const signerOf = (answer: string): CheckpointSigner =>
    createTransitSigner({ sign: (key) => (asked.push(key), Promise.resolve(answer)) }, 'audit');
  const signed = await signCheckpoint(statement, signerOf(`vault:v3:${value}`), signal);
  assert.deepEqual(signed.signature, { kind: 'vault-transit', key: 'audit', value });
  assert.deepEqual(asked, ['audit']);
  for (const answer of ['', value, `vault:v1:${value.slice(4)}`, 'vault:v1:!!'])
    await assert.rejects(signCheckpoint(statement, signerOf(answer), signal), { code: 'audit/not-signed' });
});
