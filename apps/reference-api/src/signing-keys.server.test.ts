import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { decodeProtectedHeader } from 'jose';
import { callerOf } from './oauth/testing/browser.ts';
import { type TestClient, basic, membersOf, obtainTokens } from './oauth/testing/flow.ts';
import type { Outside } from './oauth/testing/ground.ts';
import { until } from './testing/children.ts';
import { achieve, outsideOf, populate } from './testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened } from './testing/playground.ts';

let ground: HardenedPlayground;
/** Two instances of one service: the same origin, keys and database. */
let first: Api;
let second: Api;
let outside: Outside;
let beside: Outside;
let web: TestClient;
let robot: TestClient;
const password = new Secret(crypto.randomUUID());

before(async () => {
  ground = await openHardened();
  first = await ground.startApi();
  const { PUBLIC_ORIGIN = '' } = first.environment;
  second = await ground.startApi({ PUBLIC_ORIGIN });
  outside = await outsideOf(ground, first, password);
  beside = { ...outside, issuer: `https://localhost:${second.port}` };
  ({ web, robot } = await populate(first, password));
});
after(() => ground.close());

const status = async (at: Outside, token: string): Promise<number> =>
  (await callerOf(at)('/api/users', { headers: { authorization: `Bearer ${token}` } })).status;
const robotToken = async (at: Outside): Promise<string> => {
  const form = { grant_type: 'client_credentials', scope: 'read' };
  return membersOf(await callerOf(at)('/oauth/token', { form, headers: basic(robot) })).access_token ?? '';
};
const keyIdsOf = async (at: Outside): Promise<readonly string[]> => {
  const { keys }: { keys: { kid: string }[] } = JSON.parse((await callerOf(at)('/oauth/jwks')).body);
  return keys.map(({ kid }) => kid);
};
const signerOf = (token: string): string | undefined => decodeProtectedHeader(token).kid;
const reload = (): void => {
  for (const { process } of [first, second]) process.kill('SIGHUP');
};

test('two instances sign with the same key, and each accepts what the other gave out', async () => {
  const [one, other] = [await robotToken(outside), await robotToken(beside)];
  assert.equal(signerOf(one), signerOf(other));
  assert.equal(await status(beside, one), 200);
  assert.equal(await status(outside, other), 200);
});

test('a token that one instance revoked is refused by the other', async () => {
  const token = await robotToken(outside);
  const form = { token };
  assert.equal((await callerOf(outside)('/oauth/revoke', { form, headers: basic(robot) })).status, 200);
  assert.equal(await status(beside, token), 401);
});

test('a rotation has overlap: no request of a token under way is refused, before, while and after the keys change', async () => {
  const token = await robotToken(outside);
  const [old] = await keyIdsOf(outside);
  const answers: number[] = [];
  const enough = new AbortController();
  const traffic = [outside, beside].map(async (at) => {
    while (!enough.signal.aborted) {
      answers.push(await status(at, token));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await achieve(first, ['keys', 'rotate']);
  reload();
  await until(
    async () => (await keyIdsOf(outside)).length === 2 && (await keyIdsOf(beside)).length === 2,
    first.output,
  );
  assert.equal(signerOf(await robotToken(outside)), old, 'a key is published before it signs');
  // Its time comes: what is two minutes away is put to now.
  await ground.vault.edit('reference-api/signing-keys', 'keys', (text) => {
    const set: { keys: { signsFrom: number }[] } = JSON.parse(text);
    return JSON.stringify({ ...set, keys: set.keys.map((key) => ({ ...key, signsFrom: Date.now() - 1000 })) });
  });
  reload();
  await until(async () => signerOf(await robotToken(outside)) !== old, first.output);
  const next = await robotToken(outside);
  await until(async () => signerOf(await robotToken(beside)) === signerOf(next), second.output);
  assert.equal(await status(beside, next), 200);
  enough.abort();
  await Promise.all(traffic);
  assert.ok(answers.length > 20, 'there was traffic');
  assert.deepEqual([...new Set(answers)], [200]);
});

test('after kill -9 and a new start, access tokens, refresh tokens and keys are what they were', async () => {
  const { access, refresh } = await obtainTokens(outside, web);
  const keys = await keyIdsOf(outside);
  first.process.kill('SIGKILL');
  await first.exited;
  const { PORT = '', AUDIT_DIRECTORY = '' } = first.environment;
  first = await ground.startApi({ PORT, AUDIT_DIRECTORY });
  assert.deepEqual(await keyIdsOf(outside), keys);
  assert.equal(await status(outside, access), 200);
  const form = { grant_type: 'refresh_token', refresh_token: refresh };
  const next = membersOf(await callerOf(outside)('/oauth/token', { form, headers: basic(web) })).access_token ?? '';
  assert.equal(await status(outside, next), 200);
});

test('after a compromise nothing that was signed before is worth anything, in any instance', async () => {
  const token = await robotToken(outside);
  const before = await keyIdsOf(outside);
  await achieve(first, ['keys', 'rotate', '--compromised']);
  reload();
  for (const at of [outside, beside]) {
    await until(async () => (await status(at, token)) === 401, first.output);
    assert.equal((await keyIdsOf(at)).length, 1);
    for (const kid of await keyIdsOf(at)) assert.ok(!before.includes(kid));
    assert.equal(await status(at, await robotToken(at)), 200);
  }
});

test('keeps signing and verifying while Vault is away, and says that it is not ready', async () => {
  const lone = await openHardened();
  try {
    const api = await lone.startApi();
    const there = await outsideOf(lone, api, password);
    await achieve(api, ['accounts', 'add', 'ulf', '--role', 'user'], password.reveal());
    const secret = new Secret((await achieve(api, ['clients', 'add', 'robot', '--role', 'readonly'])).trim());
    await lone.vault.stop();
    const form = { grant_type: 'client_credentials', scope: 'read' };
    const reply = await callerOf(there)('/oauth/token', { form, headers: basic({ id: 'robot', secret }) });
    assert.equal(reply.status, 200);
    assert.equal(await status(there, membersOf(reply).access_token ?? ''), 200);
    assert.equal((await callerOf(there)('/ready')).status, 503);
  } finally {
    await lone.close();
  }
});
