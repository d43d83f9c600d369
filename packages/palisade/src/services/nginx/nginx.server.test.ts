import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import {
  type IncomingHttpHeaders,
  type Server,
  createServer as createPlainServer,
  request as requestPlain,
} from 'node:http';
import { createServer, request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Authority,
  type Gateway,
  createAuthority,
  gatewayProject,
  listen,
  scratch,
  startGateway,
} from './testing/gateway.ts';
import { assertProven, seenIn } from '../../../test/proofs.ts';

const compose = gatewayProject('api');
const configuration = `
events {}
http {
  client_max_body_size 0;
  server {
    listen 80;
    location / {
      proxy_pass http://api:8000;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;

let root = '';
let authority: Authority;
let upstream: Server;
let impostor: Server;
let gateway: Gateway;

const serve = async (directory: string): Promise<Server> => {
  const read = (name: string): Buffer => readFileSync(join(directory, name));
  const server = createServer(
    { cert: read('cert.pem'), key: read('key.pem'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true },
    (incoming, response) => {
      incoming.resume().once('end', () => response.end(JSON.stringify(incoming.headers)));
    },
  );
  await listen(server);
  return server;
};

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : assert.fail('not listening');
};

before(async () => {
  root = await scratch();
  authority = await createAuthority(join(root, 'ca'));
  await authority.issue({ directory: join(root, 'api'), name: 'api', names: ['api', 'localhost'] });
  await authority.issue({ directory: join(root, 'other'), name: 'other', names: ['other'] });
  upstream = await serve(join(root, 'api'));
  impostor = await serve(join(root, 'other'));
  gateway = await startGateway({
    directory: join(root, 'project'),
    compose,
    configuration,
    upstream: portOf(upstream),
    authority,
  });
});

after(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const server of [upstream, impostor]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(root, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ask = ({
  port,
  host = 'localhost',
  servername = 'localhost',
  headers = {},
  method = 'GET',
  plain = false,
}: {
  readonly port: number;
  readonly host?: string;
  readonly servername?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly plain?: boolean;
}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const common = { host: '127.0.0.1', port, method, agent: false, headers: { host, ...headers }, timeout: 5_000 };
    const outgoing = plain
      ? requestPlain(common)
      : request({ ...common, servername, ca: readFileSync(authority.file) });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.end();
  });

/** Gives the limit of requests back what earlier tests have used. */
const rest = (): Promise<void> => pause(2_200);

test('redirects plain HTTP, and only for names that it serves', async () => {
  const { status, headers } = await ask({ port: gateway.port(8080), plain: true });
  assert.deepEqual([status, headers.location], [301, 'https://localhost/']);
  await assert.rejects(ask({ port: gateway.port(8080), plain: true, host: 'unknown.example' }), { code: 'ECONNRESET' });
});

test('redirects to the port on which HTTPS is published, where that is not 443', async () => {
  await using other = await startGateway({
    directory: join(root, 'own-port'),
    compose: compose.replace('"80:80"', '"127.0.0.1:8088:80"'),
    configuration,
    upstream: portOf(upstream),
    authority,
  });
  const { status, headers } = await ask({ port: other.port(80), plain: true });
  assert.deepEqual([status, headers.location], [301, 'https://localhost:8451/']);
  assert.equal((await ask({ port: other.port(8443), host: 'localhost:8451' })).status, 200);
});

test('turns unknown hosts away, by their handshake and by their header', async () => {
  await assert.rejects(ask({ port: gateway.port(8443), servername: 'unknown.example' }));
  await assert.rejects(ask({ port: gateway.port(8443), host: 'unknown.example' }), { code: 'ECONNRESET' });
});

test('reaches the upstream over mutual TLS, and overwrites who the caller says it is', async () => {
  const { status, headers, body } = await ask({
    port: gateway.port(8443),
    headers: {
      'x-forwarded-for': '203.0.113.9',
      'x-real-ip': '203.0.113.9',
      'x-client-cert': 'forged',
      forwarded: 'for=1.2.3.4',
    },
  });
  assert.equal(status, 200);
  assert.doesNotMatch(body, /203\.0\.113\.9|forged|1\.2\.3\.4/);
  assert.match(body, /"x-forwarded-for":"127\.0\.0\.1"/);
  assert.equal(headers['server'], 'nginx');
  assert.match(String(headers['strict-transport-security']), /^max-age=63072000$/);
});

test('sends the security headers with errors too, and keeps hidden files', async () => {
  const reply = await new Promise<Reply>((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: gateway.port(8443),
        path: '/.git/config',
        servername: 'localhost',
        headers: { host: 'localhost' },
        ca: readFileSync(authority.file),
      },
      (response) => {
        response
          .resume()
          .once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' }));
      },
    );
    outgoing.once('error', reject).end();
  });
  assert.equal(reply.status, 404);
  assert.equal(reply.headers['x-content-type-options'], 'nosniff');
  assert.match(String(reply.headers['content-security-policy']), /frame-ancestors/);
});

const handshake = (version: 'TLSv1.1' | 'TLSv1.2'): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: gateway.port(8443),
      servername: 'localhost',
      ca: readFileSync(authority.file),
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
  });

test('refuses TLS 1.1 and takes TLS 1.2', async () => {
  await assert.rejects(handshake('TLSv1.1'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  assert.equal(await handshake('TLSv1.2'), 'TLSv1.2');
});

test('answers 413 to a body that is announced as too large', async () => {
  const { status } = await ask({
    port: gateway.port(8443),
    method: 'POST',
    headers: { 'content-length': '0', 'x-size': '1' },
  });
  assert.equal(status, 200);
  const large = await new Promise<number>((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: gateway.port(8443),
        method: 'POST',
        servername: 'localhost',
        headers: { host: 'localhost', 'content-length': '2000000' },
        ca: readFileSync(authority.file),
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        outgoing.destroy();
      },
    );
    outgoing.once('error', reject);
    outgoing.flushHeaders();
  });
  assert.equal(large, 413);
});

test('serves 21 requests that come at once and answers the others with 429', async () => {
  await rest();
  const started = performance.now();
  const replies = await Promise.all(Array.from({ length: 40 }, () => ask({ port: gateway.port(8443) })));
  const leaked = Math.ceil(((performance.now() - started) / 1_000) * 10);
  const served = replies.filter(({ status }) => status === 200).length;
  assert.ok(
    served >= 21 && served <= 21 + leaked,
    `${served} were served, at most ${leaked} more than the burst may be`,
  );
  assert.equal(replies.filter(({ status }) => status === 429).length, 40 - served);
});

test('cuts a client off that does not finish its header', async () => {
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port(8080) }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n'),
    );
    const drip = setInterval(() => socket.write('X: y\r\n'), 1_000);
    socket.once('close', () => {
      clearInterval(drip);
      resolve();
    });
    socket.once('error', () => undefined);
    socket.resume();
    setTimeout(() => {
      socket.destroy();
      reject(new Error('the connection was held'));
    }, 14_000).unref();
  });
  const seconds = (performance.now() - started) / 1_000;
  assert.ok(seconds > 8 && seconds < 13, `closed after ${seconds} s`);
});

test('drops no request while it reloads', async () => {
  await rest();
  const statuses: number[] = [];
  for (let count = 0; count < 12; count += 1) {
    if (count === 4) gateway.child.kill('SIGHUP');
    statuses.push((await ask({ port: gateway.port(8443) })).status);
    await pause(60);
  }
  assert.deepEqual(new Set(statuses), new Set([200]));
});

test('does not talk to an upstream with the certificate of another', async () => {
  await using wrong = await startGateway({
    directory: join(root, 'wrong'),
    compose,
    configuration,
    upstream: portOf(impostor),
    authority,
  });
  assert.equal((await ask({ port: wrong.port(8443) })).status, 502);
  assert.match(wrong.output(), /upstream SSL certificate does not match "api"/);
});

test('lets an attacker do in the development posture what it refuses in the hardened one', async () => {
  await rest();
  const hardened = await gateway.judge();
  assert.deepEqual(new Set(hardened.map(({ outcome }) => outcome)), new Set(['pass']));
  const open = createPlainServer((_incoming, response) => response.end('open'));
  const port = await listen(open);
  try {
    await using development = await startGateway({
      directory: join(root, 'open'),
      compose,
      configuration,
      upstream: port,
    });
    const { status, headers } = await ask({ port: development.port(80), plain: true, host: 'unknown.example' });
    assert.equal(status, 200);
    assert.match(String(headers['server']), /^nginx\/\d/);
    const judged = await development.judge();
    assert.deepEqual(new Set(judged.map(({ outcome }) => outcome)), new Set(['fail']));
    assertProven(import.meta.filename, seenIn(judged, hardened));
  } finally {
    open.close();
  }
});
