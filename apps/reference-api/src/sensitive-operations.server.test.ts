import assert from 'node:assert/strict';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import { type TestClient, obtainTokens } from './oauth/testing/flow.ts';
import type { Outside } from './oauth/testing/ground.ts';
import { outsideOf, populate } from './testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened } from './testing/playground.ts';
import { type Reply, ask } from './testing/request.ts';

let ground: HardenedPlayground;
let api: Api;
let outside: Outside;
let web: TestClient;
/** Access tokens of an administrator and of a user, with all that their roles allow. */
let ada: string;
let ulf: string;
const password = new Secret(crypto.randomUUID());

const tokenOf = async (name: string): Promise<string> =>
  (await obtainTokens(outside, web, { scope: 'read write' }, name)).access;

before(async () => {
  ground = await openHardened();
  api = await ground.startApi();
  outside = await outsideOf(ground, api, password);
  ({ web } = await populate(api, password));
  [ada, ulf] = [await tokenOf('ada'), await tokenOf('ulf')];
});
after(() => ground.close());

const call = (
  path: string,
  token: string | undefined,
  { method = 'GET', json }: { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly json?: object } = {},
): Promise<Reply> =>
  ask(api.port, path, {
    authority: ground.authority.certificate,
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
const addUser = (token: string, user: object): Promise<Reply> =>
  call('/api/user', token, { method: 'POST', json: user });
const remove = (token: string | undefined, id: number): Promise<Reply> =>
  call(`/api/user/${id}`, token, { method: 'DELETE' });
/** A user who is there to be deleted. */
const aUser = async (): Promise<number> => {
  const { status, body } = await addUser(ada, { name: 'Eve', email: `${crypto.randomUUID()}@example.com` });
  assert.equal(status, 201, body);
  return z.object({ id: z.int() }).parse(JSON.parse(body)).id;
};
const isThere = async (id: number): Promise<boolean> => (await call(`/api/user/${id}`, ada)).status === 200;

const audited = z.object({
  status: z.string(),
  status_detail: z.string().optional(),
  api: z.object({ operation: z.string() }),
  http_request: z.object({ url: z.object({ path: z.string() }) }),
  actor: z.object({ user: z.object({ uid: z.string() }) }),
  unmapped: z.object({ phase: z.string() }),
});
/** What the audit log on the disk says about the deletion of a user: phase, outcome and reason, and by whom. */
const recordsOf = async (id: number) => {
  const directory = api.environment['AUDIT_DIRECTORY'] ?? '';
  const files = (await readdir(directory)).filter((name) => /^\d+\.jsonl$/.test(name)).toSorted();
  const text = (await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))).join('');
  return text
    .split('\n')
    .filter((line) => line.includes('"user.delete"') && line.includes(`"/api/user/${id}"`))
    .map((line) => audited.parse(JSON.parse(line)))
    .map(({ unmapped, status, status_detail, actor }) => ({
      end: [unmapped.phase, status, ...(status_detail === undefined ? [] : [status_detail])].join(' '),
      by: actor.user.uid,
    }));
};
const subjectOf = async (token: string): Promise<unknown> => JSON.parse((await call('/api/user', token)).body).subject;

test('refuses a user who deletes a user with 403 and one record of the failure', async () => {
  const id = await aUser();
  const { status, body } = await remove(ulf, id);
  assert.deepEqual([status, JSON.parse(body).detail], [403, 'Insufficient permissions']);
  assert.deepEqual(await recordsOf(id), [{ end: 'refusal failure permission-denied', by: await subjectOf(ulf) }]);
  assert.equal(await isThere(id), true);
});

test('lets an administrator delete a user, and records the intent and one success', async () => {
  const id = await aUser();
  assert.equal((await remove(ada, id)).status, 204);
  const by = await subjectOf(ada);
  assert.deepEqual(await recordsOf(id), [
    { end: 'intent unknown', by },
    { end: 'outcome success', by },
  ]);
  assert.equal(await isThere(id), false);
  // Who is gone cannot be deleted again, and that is no success.
  assert.equal((await remove(ada, id)).status, 404);
  assert.deepEqual((await recordsOf(id)).at(-1), { end: 'outcome failure user-missing', by });
});

test('lets nobody delete without a token, nor with one whose scope is to read', async () => {
  const id = await aUser();
  const { access } = await obtainTokens(outside, web, { scope: 'read' }, 'ada');
  assert.equal((await remove(access, id)).status, 403);
  assert.equal((await remove(undefined, id)).status, 401);
  assert.equal(await isThere(id), true);
});

test('refuses a user with a member that nobody expects, and adds none', async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  for (const more of [{ role: 'admin' }, { id: 1 }, { isAdmin: true }]) {
    const { status, body } = await addUser(ada, { name: 'Eve', email, ...more });
    assert.deepEqual([status, JSON.parse(body).code], [400, 'request-invalid'], JSON.stringify(more));
  }
  assert.doesNotMatch((await call('/api/users', ada)).body, new RegExp(email));
  assert.equal((await addUser(ada, { name: 'Eve', email })).status, 201);
});

test('answers the eleventh request of a minute with 429, and says when to come back', async () => {
  for (let count = 1; count <= 10; count += 1)
    assert.equal((await call('/api/endpoint', ulf)).status, 200, `request ${count}`);
  const { status, headers } = await call('/api/endpoint', ulf);
  assert.equal(status, 429);
  assert.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 61);
  assert.match(String(headers['ratelimit']), /"route\.GET \/api\/endpoint\.address\.60s";r=0;t=\d+/);
  assert.match(String(headers['ratelimit-policy']), /"route\.GET \/api\/endpoint\.address\.60s";q=10;w=60/);
});

// The log is damaged for good, so this one comes last.
test('deletes nobody while the audit log cannot be written', async () => {
  const id = await aUser();
  const directory = api.environment['AUDIT_DIRECTORY'] ?? '';
  for (const name of await readdir(directory)) if (/^\d+\.jsonl$/.test(name)) await rm(join(directory, name));
  const { status, body, headers } = await remove(ada, id);
  assert.deepEqual([status, JSON.parse(body).code], [503, 'audit-unavailable']);
  assert.ok(Number(headers['retry-after']) > 0);
  assert.equal(await isThere(id), true);
  assert.equal((await remove(ulf, id)).status, 403, 'a refusal stays one');
});
