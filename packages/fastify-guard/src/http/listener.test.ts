import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type RequestOptions, request } from 'node:https';
import test from 'node:test';
import { type Socket, connect as connectPlain } from 'node:net';
import { promisify } from 'node:util';
import { TLSSocket, connect } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import { application, listen, roles, tokens } from '../../test/application.ts';
import { type Authority, type Issued, createAuthority } from '../../test/authority.ts';
import { token } from '../../test/tokens.ts';
import { usualBounds } from './bounds.ts';
import { answerClientError } from './client-errors.ts';
import { createListener } from './listener.ts';
import { type CertificateName, type GuardOptions, addressOf, isGuardError, requireIdentity } from '../index.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Serial number of the server's certificate. */
  readonly serial: string;
}

/** One request with a real client; rejects where the handshake fails. */
const call = (url: string, options: RequestOptions & { readonly session?: Buffer }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, ...options }, (answer) => {
      let body = '';
      const { socket } = answer;
      const serial = socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : '';
      answer.setEncoding('utf8').on('data', (part: string) => (body += part));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body, serial }));
    });
    sent.once('error', reject).end();
  });

const serialOf = (issued: Issued) => new X509Certificate(issued.certificate).serialNumber;
const caller = (name: CertificateName, subject: string) => ({ name, subject, roles: [], scopes: [] });
const client = ({ certificate, key }: Issued) => ({ cert: certificate, key: key.reveal() });

const serve = async (context: test.TestContext, authority: Authority, options: GuardOptions) => {
  const { app, guard } = await application(context, { tokens, roles, ...options }, (app) => {
    app.get('/health', { config: { guard: 'public' } }, async () => ({}));
    app.get('/me', { config: { guard: 'authenticated' } }, async (request) => requireIdentity(request));
    app.get('/address', { config: { guard: 'public' } }, async (request) => ({ address: addressOf(request) }));
    app.get('/slow', { config: { guard: 'public' } }, async () => {
      await wait(300);
      return { slow: true };
    });
  });
  const url = (await listen(app)).replace('http:', 'https:');
  const count = promisify(app.server.getConnections.bind(app.server));
  return { guard, url, count, ca: { ca: authority.certificate, servername: 'localhost' } };
};

test('lets go of whoever never shakes hands, or hangs up before', { timeout: 10_000 }, async (context) => {
  const authority = await createAuthority(context);
  const { certificate, key } = await authority.issue('DNS:localhost');
  const { url, count } = await serve(context, authority, {
    tls: { certificate, key },
    bounds: { headersTimeout: 400 },
  });
  const open = async (): Promise<Socket> => {
    const socket = connectPlain(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    return socket;
  };
  const silent = await Promise.all(Array.from({ length: 10 }, open));
  const leaving = await Promise.all(Array.from({ length: 10 }, open));
  const nonsense = await open();
  nonsense.write('GET / HTTP/1.1\r\n\r\n');
  for (const socket of leaving) socket.destroy();
  await Promise.all([...silent, nonsense].map((socket) => once(socket, 'close')));
  await wait(1_000);
  assert.equal(await count(), 0);
});

test('swaps the certificate under load without a dropped request, and keeps version and client authority', async (context) => {
  const [authority, clients] = [await createAuthority(context), await createAuthority(context, 'clients')];
  const [first, second, caller] = [
    await authority.issue('DNS:localhost'),
    await authority.issue('DNS:localhost'),
    await clients.issue('DNS:caller'),
  ];
  const { guard, url, ca } = await serve(context, authority, {
    tls: { ...first, clients: 'required', clientAuthorities: clients.certificate },
  });
  const good = { ...ca, ...client(caller) };
  const agent = new Agent({ keepAlive: true, maxSockets: 10 });
  context.after(() => agent.destroy());
  const stopped = new AbortController();
  const answers: Answer[] = [];
  const load = async (options: RequestOptions): Promise<void> => {
    while (!stopped.signal.aborted) answers.push(await call(`${url}/health`, { ...good, ...options }));
  };
  const loads = [...Array.from({ length: 4 }, () => load({ agent })), load({}), load({})];
  const slow = call(`${url}/slow`, good);
  await wait(100);
  guard.useCertificate(second);
  await wait(300);
  stopped.abort();
  await Promise.all(loads);
  assert.equal((await slow).body, '{"slow":true}');
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(new Set(answers.map(({ serial }) => serial)), new Set([serialOf(first), serialOf(second)]));
  assert.equal((await call(`${url}/health`, good)).serial, serialOf(second));

  await assert.rejects(
    call(`${url}/health`, { ...good, maxVersion: 'TLSv1.2' }),
    /alert protocol version|EPROTO|version/i,
  );
  await assert.rejects(call(`${url}/health`, ca));
  const stranger = await (await createAuthority(context, 'clients')).issue('DNS:caller');
  await assert.rejects(call(`${url}/health`, { ...ca, ...client(stranger) }));
  const expired = await clients.issue('DNS:caller', -1);
  await assert.rejects(call(`${url}/health`, { ...ca, ...client(expired) }));
});

test('swaps the certificate of each server that Fastify asks for, and answers nonsense alike on each', async (context) => {
  const authority = await createAuthority(context);
  const [first, second] = [await authority.issue('DNS:localhost'), await authority.issue('DNS:localhost')];
  // Fastify asks for a second server where localhost has a second address.
  const listener = createListener(first, usualBounds, {
    now: Date.now,
    countOf: () => undefined,
    clientError: answerClientError({}),
  });
  const start = async (): Promise<number> => {
    const server = listener.serve((_request, response) => response.end('{}'));
    context.after(() => server.close());
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null && listener.made(server));
    return address.port;
  };
  const ca = { ca: authority.certificate, servername: 'localhost' };
  const serials = async (...ports: readonly number[]) => {
    const answers = await Promise.all(ports.map((port) => call(`https://127.0.0.1:${port}/`, ca)));
    return answers.map(({ serial }) => serial);
  };
  const [one, two] = [await start(), await start()];
  assert.deepEqual(await serials(one, two), [serialOf(first), serialOf(first)]);
  listener.useCertificate(second);
  // One that is asked for later serves the new certificate too.
  assert.deepEqual(await serials(one, two, await start()), [serialOf(second), serialOf(second), serialOf(second)]);
  for (const port of [one, two]) {
    const socket = connect({ host: '127.0.0.1', port, ...ca });
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.write('nonsense\r\n\r\n');
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"request-invalid"/);
  }
});

test('keeps the old certificate where the new one cannot be used', async (context) => {
  const authority = await createAuthority(context);
  const [first, second] = [await authority.issue('DNS:localhost'), await authority.issue('DNS:localhost')];
  const { guard, url, ca } = await serve(context, authority, { tls: first });
  const expired = await authority.issue('DNS:localhost', -1);
  for (const [bundle, says] of [
    [{ ...second, key: first.key }, /key is not its own/],
    [{ ...second, certificate: 'canary' }, /no PEM certificate/],
    [expired, /expired/],
    [{ ...second, clientAuthorities: 'canary' }, /client authorities/],
  ] as const)
    assert.throws(
      () => guard.useCertificate(bundle),
      (error) =>
        isGuardError(error, 'guard/certificate-unusable') &&
        says.test(error.message) &&
        !error.message.includes('canary'),
    );
  assert.equal((await call(`${url}/health`, ca)).serial, serialOf(first));
});

test('lets nobody in by an authority that was taken away, on open connections and resumed sessions either', async (context) => {
  const [authority, old, fresh] = [
    await createAuthority(context),
    await createAuthority(context, 'old'),
    await createAuthority(context, 'fresh'),
  ];
  const server = await authority.issue('DNS:localhost');
  const [before, after] = [await old.issue('DNS:caller'), await fresh.issue('DNS:caller')];
  const { guard, url, ca } = await serve(context, authority, {
    tls: { ...server, clients: 'required', clientAuthorities: old.certificate },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  const kept = { ...ca, ...client(before), agent };
  assert.equal((await call(`${url}/health`, kept)).status, 200);
  let session: Buffer | undefined;
  agent.on('session', (given: Buffer) => (session = given));

  // With both authorities nobody loses a connection.
  guard.useCertificate({ ...server, clientAuthorities: old.certificate + fresh.certificate });
  assert.equal((await call(`${url}/health`, kept)).status, 200);
  assert.equal((await call(`${url}/health`, { ...ca, ...client(after) })).status, 200);

  const port = Number(new URL(url).port);
  const resumable = connect({ port, host: '127.0.0.1', ...ca, ...client(before) });
  resumable.on('session', (given) => (session = given));
  await new Promise((resolve) => resumable.once('session', resolve));
  resumable.destroy();

  guard.useCertificate({ ...server, clientAuthorities: fresh.certificate });
  const refused = await call(`${url}/health`, kept);
  assert.equal(refused.status, 401);
  assert.match(refused.body, /certificate-invalid/);
  await assert.rejects(call(`${url}/health`, kept));
  assert.ok(session !== undefined);
  await assert.rejects(call(`${url}/health`, { ...ca, ...client(before), session }));
  assert.equal((await call(`${url}/health`, { ...ca, ...client(after) })).status, 200);
});

test('knows callers by a name of their certificate, and by no other part of it', async (context) => {
  const authority = await createAuthority(context);
  const server = await authority.issue('DNS:localhost');
  const { url, ca } = await serve(context, authority, {
    tls: { ...server, clients: 'optional', clientAuthorities: authority.certificate },
    clients: [
      caller('URI:spiffe://stack/api', 'api'),
      caller('DNS:worker.internal', 'worker'),
      caller('DNS:test', 'nobody'),
    ],
  });
  const as = async (names: string) => {
    const issued = await authority.issue(names);
    const { status, body } = await call(`${url}/me`, { ...ca, ...client(issued) });
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null && 'subject' in answer ? answer.subject : status;
  };
  assert.equal(await as('URI:spiffe://stack/api'), 'api');
  assert.equal(await as('DNS:other,DNS:WORKER.internal'), 'worker');
  assert.equal(await as('DNS:worker.internal.evil.example'), 401);
  assert.equal(await as('DNS:worker.internal,URI:spiffe://stack/api'), 401);
  assert.equal(await as('@names\n[names]\nURI.1=x, DNS:worker.internal'), 401);
  assert.equal(await as('email:worker.internal'), 401);
  const stranger = await (await createAuthority(context)).issue('DNS:worker.internal');
  assert.equal((await call(`${url}/me`, { ...ca, ...client(stranger) })).status, 401);
  assert.equal((await call(`${url}/me`, ca)).status, 401);
});

test('believes what a proxy says of the client by the name in its certificate, and nobody who merely has its address', async (context) => {
  const authority = await createAuthority(context);
  const server = await authority.issue('DNS:localhost');
  const tls = { ...server, clients: 'optional' as const, clientAuthorities: authority.certificate };
  const [gateway, database] = [await authority.issue('DNS:gateway'), await authority.issue('DNS:database')];
  const stranger = await (await createAuthority(context)).issue('DNS:gateway');
  const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
  const peer = '127.0.0.1';
  for (const [options, byGateway] of [
    [{ proxyNames: ['DNS:GATEWAY'] }, '198.51.100.7'],
    [{ proxyNames: ['DNS:gateway'], proxies: ['127.0.0.0/8'] }, '198.51.100.7'],
    [{ proxyNames: ['DNS:gateway'], proxies: ['127.0.0.0/8', '198.51.100.7'] }, '203.0.113.9'],
    [{ proxyNames: ['DNS:gateway'], proxies: ['10.0.0.0/8'] }, peer],
  ] as const) {
    const { url, ca } = await serve(context, authority, { tls, ...options });
    const seen = async (by: RequestOptions): Promise<unknown> => {
      const answer: unknown = JSON.parse((await call(`${url}/address`, { ...ca, ...by, headers })).body);
      return typeof answer === 'object' && answer !== null && 'address' in answer ? answer.address : answer;
    };
    assert.equal(await seen(client(gateway)), byGateway);
    assert.equal(await seen(client(database)), peer);
    assert.equal(await seen(client(stranger)), peer);
    assert.equal(await seen({}), peer);
  }
});

test('accepts a certificate-bound token over its own certificate alone', async (context) => {
  const authority = await createAuthority(context);
  const [server, own, other] = [
    await authority.issue('DNS:localhost'),
    await authority.issue('DNS:a'),
    await authority.issue('DNS:b'),
  ];
  const { url, ca } = await serve(context, authority, {
    tls: { ...server, clients: 'optional', clientAuthorities: authority.certificate },
  });
  const thumbprint = createHash('sha256').update(new X509Certificate(own.certificate).raw).digest('base64url');
  const headers = { authorization: `Bearer ${token({ cnf: { 'x5t#S256': thumbprint } })}` };
  const status = async (options: RequestOptions) => (await call(`${url}/me`, { ...ca, ...options, headers })).status;
  assert.equal(await status(client(own)), 200);
  assert.equal(await status(client(other)), 401);
  assert.equal(await status({}), 401);
  const stranger = await (await createAuthority(context)).issue('DNS:a');
  assert.equal(await status(client(stranger)), 401);
});

test('accepts only bound tokens where the issuer has to bind them', async (context) => {
  const issuers = [{ ...tokens.issuers[0], bound: 'required' as const }];
  const { app } = await application(context, { tokens: { issuers } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  assert.equal((await app.inject({ url: '/me', headers: { authorization: `Bearer ${token()}` } })).statusCode, 401);
});
