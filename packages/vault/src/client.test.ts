import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type Server as TcpServer, createServer as createTcpServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import test from 'node:test';
import { inspect } from 'node:util';
import { type VaultClientOptions, createVaultClient } from './client.ts';
import { VaultError, type VaultErrorCode, isVaultError } from './errors.ts';
import { decodeRootToken } from './generate-root.ts';
import { Secret } from './secret.ts';
import { createSelfSignedCertificate } from './x509/certificate.ts';

// The servers of this file are fakes: they answer what a real one would only answer in trouble that is hard to make.

const listen = (server: Server | TcpServer): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });

const fake = async (
  answers: readonly {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: { readonly [name: string]: string };
  }[],
  more: Partial<VaultClientOptions> = {},
) => {
  const requests: {
    readonly method: string;
    readonly url: string;
    readonly token: string | undefined;
    readonly namespace: unknown;
  }[] = [];
  const server = createServer((request, response) => {
    const token = request.headers['x-vault-token'];
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      token: Array.isArray(token) ? token[0] : token,
      namespace: request.headers['x-vault-namespace'],
    });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    response.writeHead(answer?.status ?? 500, { ...answer?.headers });
    request.resume().once('end', () => response.end(answer?.body === undefined ? '' : JSON.stringify(answer.body)));
  });
  const address = await listen(server);
  const client = createVaultClient({
    address,
    plaintext: true,
    token: new Secret('canary-token'),
    retry: { firstPause: 5 },
    ...more,
  });
  return {
    requests,
    client,
    close: async () => {
      await client.close();
      server.close();
      server.closeAllConnections();
    },
  };
};

const fails = async (call: Promise<unknown>, code: VaultErrorCode): Promise<VaultError> => {
  let thrown: unknown;
  await call.catch((error: unknown) => {
    thrown = error;
  });
  assert.ok(thrown instanceof VaultError, `expected ${code}`);
  assert.equal(thrown.code, code);
  assert.notEqual(thrown.next, '');
  assert.doesNotMatch(inspect(thrown, { depth: 10, showHidden: true }), /canary/);
  return thrown;
};

test('refuses to speak plaintext unless it is told to', () => {
  assert.throws(
    () => createVaultClient({ address: 'http://vault:8200' }),
    (error: unknown) => isVaultError(error, 'vault/plaintext-refused'),
  );
});

test('tries a read again after a server error and gives the answer that came', async () => {
  const { client, requests, close } = await fake([
    { status: 500 },
    { status: 502 },
    { status: 200, body: { data: { keys: ['a'] } } },
  ]);
  try {
    assert.deepEqual(await client.kv2().list(''), ['a']);
    assert.equal(requests.length, 3);
  } finally {
    await close();
  }
});

test('gives up after the tries that it was given', async () => {
  const { client, requests, close } = await fake([{ status: 500, body: { errors: ['boom'] } }]);
  try {
    const error = await fails(client.kv2().list(''), 'vault/server-error');
    assert.match(error.message, /LIST secret\/metadata: status 500 \(boom\)/);
    assert.equal(requests.length, 4);
  } finally {
    await close();
  }
});

test('never sends a write, an initialisation, a login or an unwrapping twice', async () => {
  const { client, requests, close } = await fake([{ status: 500 }]);
  try {
    await fails(client.kv2().write('a', { b: 'c' }), 'vault/server-error');
    await fails(client.sys.init({ shares: 1, threshold: 1 }), 'vault/server-error');
    await fails(client.approle().login('role', new Secret('canary')), 'vault/server-error');
    await fails(client.sys.wrapping.unwrap(new Secret('canary')), 'vault/server-error');
    assert.equal(requests.length, 4);
  } finally {
    await close();
  }
});

test('tells the 429 of a rate limit from the 429 of a standby', async () => {
  const standby = await fake([
    { status: 429, body: { initialized: true, sealed: false, standby: true, version: '1' } },
  ]);
  const limited = await fake([{ status: 429, body: { errors: ['rate limit quota exceeded'] } }]);
  try {
    assert.equal((await standby.client.sys.health()).health, 'standby');
    await fails(limited.client.sys.health(), 'vault/rate-limited');
  } finally {
    await standby.close();
    await limited.close();
  }
});

test('knows every state that a health answer can have', async () => {
  const states = [
    [200, 'active'],
    [472, 'disaster-recovery-secondary'],
    [473, 'performance-standby'],
    [474, 'standby-without-active'],
    [501, 'uninitialized'],
    [503, 'sealed'],
    [530, 'removed'],
  ] as const;
  for (const [status, health] of states) {
    const { client, close } = await fake([{ status, body: { initialized: true } }]);
    try {
      assert.equal((await client.sys.health()).health, health);
    } finally {
      await close();
    }
  }
});

test('does not take a page of a proxy for an answer', async () => {
  const { client, close } = await fake([{ status: 200, body: 'sign in, please' }]);
  try {
    await fails(client.sys.sealStatus(), 'vault/unexpected-answer');
  } finally {
    await close();
  }
});

test('does not carry its token to where a redirect points', async () => {
  const elsewhere = await fake([{ status: 200, body: { data: { keys: [] } } }]);
  const { client, close } = await fake([{ status: 307, headers: { location: `${elsewhere.client.address}/v1/x` } }]);
  try {
    await fails(client.kv2().list('a'), 'vault/standby');
    assert.equal(elsewhere.requests.length, 0);
  } finally {
    await close();
    await elsewhere.close();
  }
});

test('strikes out its secrets where the server echoes them', async () => {
  const { client, close } = await fake([
    { status: 400, body: { errors: ['bad value canary-password for canary-token'] } },
  ]);
  try {
    const error = await fails(
      client.kv2().write('a', { password: new Secret('canary-password') }),
      'vault/invalid-request',
    );
    assert.match(error.message, /bad value ‹redacted› for ‹redacted›/);
  } finally {
    await close();
  }
});

test('refuses a token that no header can carry, without showing it', async () => {
  const { client, requests, close } = await fake([{ status: 200, body: {} }]);
  try {
    await fails(client.withToken(new Secret('canary\n')).token.lookupSelf(), 'vault/invalid-request');
    assert.equal(requests.length, 0);
  } finally {
    await close();
  }
});

test('asks for its token at each request and sends none to calls that need none', async () => {
  const { client, requests, close } = await fake([{ status: 200, body: { data: { keys: [] } } }]);
  let asked = 0;
  const current = client.withToken(async () => new Secret(`token-${++asked}`));
  try {
    await current.kv2().list('a');
    await current.kv2().list('a');
    await current.sys.sealStatus().catch(() => undefined);
    assert.deepEqual(
      requests.map((request) => request.token),
      ['token-1', 'token-2', undefined],
    );
  } finally {
    await close();
  }
});

test('ends at its time bound when a server takes the connection and never answers', async () => {
  const silent = createTcpServer();
  const address = await listen(silent);
  const client = createVaultClient({ address, plaintext: true, timeout: 150 });
  try {
    const begun = performance.now();
    await fails(client.sys.sealStatus(), 'vault/timeout');
    assert.ok(performance.now() - begun < 2_000);
  } finally {
    await client.close();
    silent.close();
  }
});

test('ends with the reason of the signal, and does not try again', async () => {
  const silent = createTcpServer();
  const client = createVaultClient({ address: await listen(silent), plaintext: true });
  const reason = new Error('stop');
  try {
    await assert.rejects(client.sys.sealStatus({ signal: AbortSignal.abort(reason) }), reason);
    const later = new AbortController();
    const call = client.sys.sealStatus({ signal: later.signal });
    setTimeout(() => later.abort(reason), 30);
    await assert.rejects(call, reason);
  } finally {
    await client.close();
    silent.close();
  }
});

test('says that a server is not there', async () => {
  const server = createTcpServer();
  const address = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const client = createVaultClient({ address, plaintext: true, retry: { firstPause: 5, attempts: 2 } });
  try {
    const error = await fails(client.sys.sealStatus(), 'vault/unreachable');
    assert.match(error.message, /ECONNREFUSED/);
  } finally {
    await client.close();
  }
});

/** A clock that only notes how long it was asked to wait. */
const noting = () => {
  const pauses: number[] = [];
  return { pauses, clock: { now: () => 0, sleep: async (milliseconds: number) => void pauses.push(milliseconds) } };
};

test('waits between tries for a drawn part of a pause that doubles', async () => {
  const { pauses, clock } = noting();
  const retry = { attempts: 5, firstPause: 100, longestPause: 300 };
  const { client, close } = await fake([{ status: 500 }], { clock, random: () => 0.5, retry });
  try {
    await fails(client.kv2().list('a'), 'vault/server-error');
    assert.deepEqual(pauses, [50, 100, 150, 150]);
  } finally {
    await close();
  }
});

test('waits as long as a rate limit asks for, and gives up where that is too long', async () => {
  const { pauses, clock } = noting();
  const limited = { status: 429, body: { errors: ['quota'] } };
  const patient = await fake(
    [
      { ...limited, headers: { 'retry-after': '1' } },
      { ...limited, headers: { 'retry-after': '3600' } },
    ],
    { clock, random: () => 0, retry: {} },
  );
  try {
    await fails(patient.client.kv2().list('a'), 'vault/rate-limited');
    assert.deepEqual(pauses, [1_005]);
    assert.equal(patient.requests.length, 2);
  } finally {
    await patient.close();
  }
});

test('names its namespace', async () => {
  const { client, requests, close } = await fake([{ status: 200, body: { data: { keys: [] } } }], {
    namespace: 'team/a',
  });
  try {
    await client.kv2().list('a');
    assert.equal(requests[0]?.namespace, 'team/a');
  } finally {
    await close();
  }
});

const names = (commonName: string) => ({ commonName, alternativeNames: ['localhost'] });

test('presents its client certificate', async () => {
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 60_000 };
  const own = createSelfSignedCertificate(names('vault'), validity);
  const clientCertificate = createSelfSignedCertificate(names('caller'), validity);
  const seen: unknown[] = [];
  const server = createTlsServer(
    { cert: own.certificate, key: own.key.reveal(), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      if (request.socket instanceof TLSSocket) seen.push(request.socket.getPeerX509Certificate()?.subject);
      response.end(JSON.stringify({ data: { keys: [] } }));
    },
  );
  const address = (await listen(server)).replace('http://127.0.0.1', 'https://localhost');
  const client = createVaultClient({ address, authorities: own.certificate, clientCertificate });
  try {
    await client.kv2().list('a');
    assert.deepEqual(seen, ['CN=caller']);
  } finally {
    await client.close();
    server.close();
  }
});

test('ends its connections when it is closed, although the server would keep them', async () => {
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) =>
    response.end(JSON.stringify({ data: { keys: [] } })),
  );
  const ends: Promise<unknown>[] = [];
  server.on('connection', (socket) => ends.push(once(socket, 'close')));
  const client = createVaultClient({ address: await listen(server), plaintext: true });
  try {
    await Promise.all([client.kv2().list('a'), client.kv2().list('b')]);
    assert.equal(ends.length, 2);
    await client.close();
    const late = AbortSignal.timeout(2_000);
    await Promise.race([Promise.all(ends), once(late, 'abort').then(() => assert.fail('a connection is still open'))]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('makes a root token at a server that only has the older path, where the shares alone are asked for', async () => {
  const started = { started: true, nonce: 'n', progress: 0, required: 1 };
  const { client, requests, close } = await fake([
    { status: 404, body: { errors: ['unsupported path'] } },
    { status: 200, body: { ...started, otp: 'password' } },
    { status: 404, body: { errors: ['unsupported path'] } },
    { status: 200, body: { ...started, progress: 1, encoded_token: 'AwAREBgdAQE' } },
  ]);
  try {
    const { nonce, oneTimePassword } = await client.sys.generateRoot.start();
    const { encodedToken } = await client.sys.generateRoot.provide(new Secret('canary-share'), nonce);
    assert.ok(encodedToken !== undefined);
    assert.equal(decodeRootToken(encodedToken, oneTimePassword).reveal(), 'sabcorse');
    assert.deepEqual(
      requests.map(({ method, url, token }) => [method, url, token]),
      [
        ['POST', '/v1/sys/generate-root-token/attempt', 'canary-token'],
        ['POST', '/v1/sys/generate-root/attempt', undefined],
        ['POST', '/v1/sys/generate-root-token/update', 'canary-token'],
        ['POST', '/v1/sys/generate-root/update', undefined],
      ],
    );
    assert.throws(
      () => decodeRootToken(new Secret('AAAA'), oneTimePassword),
      (error: unknown) => isVaultError(error, 'vault/unexpected-answer'),
    );
  } finally {
    await close();
  }
});
