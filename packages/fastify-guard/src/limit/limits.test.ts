import assert from 'node:assert/strict';
import test from 'node:test';
import { application, tokens } from '../../test/application.ts';
import { token } from '../../test/tokens.ts';
import { type GuardOptions, addressOf } from '../index.ts';

const answer = async () => ({});
const bearer = (changes: object = {}) => ({ authorization: `Bearer ${token(changes)}` });
const times = async (
  count: number,
  ask: () => Promise<{ readonly statusCode: number }>,
): Promise<readonly number[]> => {
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push((await ask()).statusCode);
  return statuses;
};
const everywhere = (...rates: ('2/minute' | '10/minute' | '100/hour')[]): GuardOptions => ({
  tokens,
  limits: { everywhere: [{ per: 'address', rates }] },
});

test('answers the eleventh request of ten a minute with 429 and says when to come back', async (context) => {
  const { app } = await application(context, everywhere('10/minute', '100/hour'), (app) => {
    app.get('/x', { config: { guard: 'public' } }, answer);
  });
  const first = await app.inject({ url: '/x' });
  assert.equal(first.headers['ratelimit-policy'], '"all.address.60s";q=10;w=60, "all.address.3600s";q=100;w=3600');
  assert.match(
    String(first.headers['ratelimit']),
    /^"all\.address\.60s";r=9;t=6[01], "all\.address\.3600s";r=99;t=36\d\d$/,
  );
  await times(9, () => app.inject({ url: '/x' }));
  const refused = await app.inject({ url: '/x' });
  assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [429, 'limit-exceeded']);
  const seconds = Number(refused.headers['retry-after']);
  assert.ok(seconds >= 55 && seconds <= 61, String(seconds));
  assert.match(String(refused.headers['ratelimit']), /^"all\.address\.60s";r=0;/);
});

test('counts failed logins and what does not exist, before anybody looks at credentials', async (context) => {
  const { app } = await application(context, everywhere('2/minute'), (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, answer);
  });
  assert.deepEqual(await times(1, () => app.inject({ url: '/me', headers: { authorization: 'Bearer x' } })), [401]);
  assert.deepEqual(await times(1, () => app.inject({ url: '/nothing' })), [404]);
  assert.deepEqual(await times(1, () => app.inject({ url: '/me', headers: bearer() })), [429]);
});

test('counts a subject wherever it calls from, and others apart', async (context) => {
  const limits = { everywhere: [{ per: 'subject', rates: ['2/minute'] }] } as const;
  const { app } = await application(context, { tokens, limits, proxies: ['127.0.0.1'] }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, answer);
    app.get('/public', { config: { guard: 'public' } }, answer);
  });
  const from = (address: string, sub: string) =>
    app.inject({ url: '/me', headers: { ...bearer({ sub }), 'x-forwarded-for': address } });
  assert.equal((await from('192.0.2.1', 'alice')).statusCode, 200);
  assert.equal((await from('192.0.2.2', 'alice')).statusCode, 200);
  assert.equal((await from('192.0.2.3', 'alice')).statusCode, 429);
  assert.equal((await from('192.0.2.1', 'bob')).statusCode, 200);
  assert.deepEqual(await times(3, () => app.inject({ url: '/public' })), [200, 200, 200]);
});

test('counts two subjects of one name apart where their issuers differ', async (context) => {
  const [first] = tokens.issuers;
  const other = 'https://other.example';
  const limits = { everywhere: [{ per: 'subject', rates: ['2/minute'] }] } as const;
  const issuers = [first, { ...first, issuer: other }];
  const { app } = await application(context, { tokens: { issuers }, limits }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, answer);
  });
  const as = (changes: object) => times(3, () => app.inject({ url: '/me', headers: bearer(changes) }));
  assert.deepEqual(await as({}), [200, 200, 429]);
  assert.deepEqual(await as({ iss: other }), [200, 200, 429]);
});

test('counts routes of a group together, and each route for itself', async (context) => {
  const limits = { groups: { login: [{ per: 'address', rates: ['2/minute'] }] } } as const;
  const own = [{ per: 'address', rates: ['1/minute'] }] as const;
  const { app } = await application(context, { limits }, (app) => {
    app.post('/token', { config: { guard: { access: 'public', group: 'login' } } }, answer);
    app.post('/reset', { config: { guard: { access: 'public', group: 'login' } } }, answer);
    app.get('/a', { config: { guard: { access: 'public', limits: own } } }, answer);
    app.get('/b', { config: { guard: { access: 'public', limits: own } } }, answer);
  });
  const ask = async (method: 'GET' | 'POST', url: string) => (await app.inject({ method, url })).statusCode;
  assert.deepEqual(
    [await ask('POST', '/token'), await ask('POST', '/reset'), await ask('POST', '/token')],
    [200, 200, 429],
  );
  assert.deepEqual([await ask('GET', '/a'), await ask('GET', '/b'), await ask('GET', '/a')], [200, 200, 429]);
});

test('bounds what all callers together may do', async (context) => {
  const limits = { everywhere: [{ per: 'everybody', rates: ['2/minute'] }] } as const;
  const { app } = await application(context, { limits, proxies: ['127.0.0.1'] }, (app) => {
    app.get('/x', { config: { guard: 'public' } }, answer);
  });
  let last = 0;
  assert.deepEqual(
    await times(3, () => app.inject({ url: '/x', headers: { 'x-forwarded-for': `192.0.2.${last++}` } })),
    [200, 200, 429],
  );
});

test('takes a route out of the limits of every route where it says so', async (context) => {
  const { app } = await application(context, everywhere('2/minute'), (app) => {
    app.get('/health', { config: { guard: { access: 'public', limits: 'none' } } }, answer);
  });
  assert.deepEqual(new Set(await times(5, () => app.inject({ url: '/health' }))), new Set([200]));
});

test('believes X-Forwarded-For of named proxies alone', async (context) => {
  let last = 0;
  for (const [proxies, statuses] of [
    [[], [200, 200, 429]],
    [['10.0.0.0/8'], [200, 200, 429]],
    [['127.0.0.0/8'], [200, 200, 200]],
  ] as const) {
    const { app } = await application(context, { ...everywhere('2/minute'), proxies }, (app) => {
      app.get('/x', { config: { guard: 'public' } }, answer);
    });
    const ask = () => app.inject({ url: '/x', headers: { 'x-forwarded-for': `192.0.2.${last++}` } });
    assert.deepEqual(await times(3, ask), statuses, proxies.join());
  }
});

test('shows handlers no address that a stranger made up, nor an id of a request', async (context) => {
  for (const [proxies, ip] of [
    [[], '127.0.0.1'],
    [['10.0.0.0/8'], '127.0.0.1'],
    [['127.0.0.0/8'], '192.0.2.2'],
  ] as const) {
    const { app } = await application(context, { proxies }, (app) => {
      app.get('/x', { config: { guard: 'public' } }, async (request) => ({
        ip: request.ip,
        address: addressOf(request),
        id: request.id,
      }));
    });
    const headers = { 'x-forwarded-for': '192.0.2.1, 192.0.2.2', 'x-request-id': 'canary', 'request-id': 'canary' };
    const reply = await app.inject({ url: '/x', headers });
    const { id, ...addresses } = reply.json<{ ip: string; address: string; id: string }>();
    assert.deepEqual(addresses, { ip, address: ip }, proxies.join());
    assert.notEqual(id, 'canary');
  }
});

test('counts an IPv6 network of 64 bits as one client, and an IPv4 address inside IPv6 as itself', async (context) => {
  const { app } = await application(context, { ...everywhere('2/minute'), proxies: ['127.0.0.1'] }, (app) => {
    app.get('/x', { config: { guard: 'public' } }, answer);
  });
  const from = async (address: string) =>
    (await app.inject({ url: '/x', headers: { 'x-forwarded-for': address } })).statusCode;
  assert.deepEqual(
    [await from('2001:db8:0:1::1'), await from('2001:0DB8::1:ffff:ffff:ffff:ffff'), await from('2001:db8:0:1:2:3:4:5')],
    [200, 200, 429],
  );
  assert.equal(await from('2001:db8:0:2::1'), 200);
  assert.deepEqual(
    [await from('192.0.2.9'), await from('::ffff:192.0.2.9'), await from('::ffff:c000:209')],
    [200, 200, 429],
  );
});
