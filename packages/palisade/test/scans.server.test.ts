import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, createServer as createTlsServer } from 'node:tls';
import { listenersOf } from '../src/runtime/listeners.ts';
import { openPorts } from './scans/nmap.ts';
import { whyNoScanner } from './scans/scanner.ts';
import { type StartTls, sslscan } from './scans/sslscan.ts';
import { type HardenedStack, type RunningPort, startHardenedStack } from './scans/stack.ts';
import { testssl } from './scans/testssl.ts';

let stack: HardenedStack;
before(async () => {
  stack = await startHardenedStack();
});
after(async () => {
  // Where it did not start it has been taken away already.
  if ((stack as HardenedStack | undefined) !== undefined) await stack.stop();
});

const nameOf = ({ service, containerPort }: RunningPort): string => `${service}:${containerPort}`;

/** Ports on which TLS begins in the middle of another protocol. */
const startTlsOf = ({ containerPort }: RunningPort): StartTls =>
  containerPort === 5432 || containerPort === 6432 ? 'postgres' : containerPort === 3306 ? 'mysql' : undefined;

/** How a port answers a ClientHello without anything before it. */
const greet = (port: number): Promise<'tls' | 'refused by TLS' | 'no TLS'> =>
  new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      rejectUnauthorized: false,
      timeout: 10_000,
    });
    const settle = (answer: 'tls' | 'refused by TLS' | 'no TLS'): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('secureConnect', () => settle('tls'));
    socket.once('timeout', () => settle('no TLS'));
    // An alert is an answer in the words of TLS (RFC 8446, 6).
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(/alert/i.test(`${error.code ?? ''} ${error.message}`) ? 'refused by TLS' : 'no TLS'),
    );
  });

const answers = async (): Promise<ReadonlyMap<RunningPort, 'tls' | 'refused by TLS' | 'no TLS'>> =>
  new Map(
    await Promise.all(
      stack.ports.map(async (port) => [port, startTlsOf(port) === undefined ? await greet(port.port) : 'tls'] as const),
    ),
  );

const redirectOf = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host: 'localhost' }, timeout: 10_000 }, (response) => {
      response.resume();
      resolve(`${response.statusCode ?? 0} ${response.headers.location ?? ''}`);
    }).once('error', reject);
  });

test('the stack runs, so that there is something to scan', () => {
  const running = new Set(stack.ports.map(({ service }) => service));
  for (const service of ['vault', 'postgres', 'pgbouncer', 'redis-1', 'reference-api', 'nginx'])
    assert.ok(running.has(service), `${service} is not running`);
});

/** Erlang's ports for nodes and administrators of RabbitMQ. */
const erlang = ['rabbitmq:4369', 'rabbitmq:25672'];

test('every port speaks TLS but the one that sends people there, and what is on loopback inside of its container', async () => {
  const plain = [...(await answers())].filter(([, answer]) => answer === 'no TLS').map(([port]) => port);
  const [gateway] = plain.filter((port) => !erlang.includes(nameOf(port)));
  assert.deepEqual(
    plain.map(nameOf).filter((name) => !erlang.includes(name)),
    ['nginx:8080'],
  );
  assert.match(await redirectOf(gateway?.port ?? 0), /^301 https:\/\/localhost\//);
  if (plain.some((port) => erlang.includes(nameOf(port)))) {
    assert.ok(/ERL_EPMD_ADDRESS: ['"]?127\.0\.0\.1/.test(stack.read('compose.yaml')), 'epmd is on every address');
    assert.match(stack.read('config/rabbitmq/rabbitmq.conf'), /^distribution\.listener\.interface = 127\.0\.0\.1$/m);
  }
});

test('no port has a version below TLS 1.2, a weak suite or a known flaw, says sslscan', async (context) => {
  const reason = whyNoScanner('sslscan');
  if (reason !== undefined) {
    context.skip(reason);
    return;
  }
  const refusing: string[] = [];
  for (const [port, answer] of await answers()) {
    if (answer === 'no TLS') continue;
    const { versions, weak, faults } = await sslscan(port.port, startTlsOf(port));
    // A handshake that is refused whatever is offered has no suites to look at.
    if (versions.length === 0 && answer === 'refused by TLS') refusing.push(nameOf(port));
    else {
      assert.ok(versions.length > 0, `${nameOf(port)}: sslscan found no version, so it found out nothing`);
      assert.deepEqual(
        versions.filter((version) => version !== 'tls1.2' && version !== 'tls1.3'),
        [],
        nameOf(port),
      );
      assert.deepEqual([...weak, ...faults], [], nameOf(port));
    }
  }
  // Vault's own port for its cluster takes peers alone.
  assert.deepEqual(refusing, ['vault:8201']);
});

test('no server has a version below TLS 1.2 or a weak class of suites, says testssl.sh', async (context) => {
  const reason = whyNoScanner('testssl');
  if (reason !== undefined) {
    context.skip(reason);
    return;
  }
  const all = [...(await answers())].filter(([, answer]) => answer !== 'no TLS').map(([port]) => port);
  // Nodes of a cluster run the same program with the same configuration.
  const first = [...Map.groupBy(all, ({ service }) => service.replace(/-\d+$/, '')).values()].flatMap((group) =>
    group.slice(0, 1),
  );
  assert.ok(first.length >= 6);
  const queue = [...first];
  const scan = async (): Promise<void> => {
    for (let port = queue.shift(); port !== undefined; port = queue.shift()) {
      const { versions, faults } = await testssl(port.port, startTlsOf(port));
      assert.ok(versions.length > 0, `${nameOf(port)}: testssl.sh found no version, so it found out nothing`);
      assert.deepEqual(
        versions.filter((version) => version !== 'TLS1_2' && version !== 'TLS1_3'),
        [],
        nameOf(port),
      );
      assert.deepEqual(faults, [], nameOf(port));
    }
  };
  // It waits more than it computes.
  await Promise.all([scan(), scan(), scan()]);
});

/** Ports on which the processes of the stack listen, by what the kernel says. */
const listeners = (): readonly { readonly address: string; readonly port: number }[] =>
  [...new Set(stack.ports.map(({ processId }) => processId))].flatMap((processId) => listenersOf(processId).own);

test('nmap sees the declared listeners and no other, on loopback alone', async (context) => {
  const reason = whyNoScanner('nmap');
  if (reason !== undefined) {
    context.skip(reason);
    return;
  }
  const declared = new Set(stack.ports.map(({ port }) => port));
  const own = new Set(listeners().map(({ port }) => port));
  // The ports of the development posture as well: on them somebody else may listen here, but not the stack.
  const usual = [80, 443, 3306, 5432, 5672, 6379, 6432, 8000, 8080, 8200, 8443, 15_672, 27_017];
  const open = await openPorts('127.0.0.1', [...declared, ...own, ...usual]);
  assert.deepEqual(new Set([...open].filter((port) => declared.has(port) || own.has(port))), declared);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (outside !== undefined)
    assert.deepEqual([...(await openPorts(outside.address, [...declared, ...own]))], [], outside.address);
});

test('no process of the stack listens on anything but a declared port of a loopback address', () => {
  const declared = new Set(stack.ports.map(({ port }) => port));
  const found = listeners();
  assert.ok(found.length >= declared.size);
  assert.deepEqual(
    found.filter(
      ({ address, port }) => !declared.has(port) || !['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(address),
    ),
    [],
  );
});

test('a weak server and an open port are found, so the scans can fail', async (context) => {
  const reason = whyNoScanner('sslscan', 'testssl', 'nmap', 'openssl');
  if (reason !== undefined) {
    context.skip(reason);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'palisade-weak-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-days',
      '1',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { timeout: 20_000 },
  );
  assert.equal(made.status, 0);
  const server = createTlsServer({
    key: readFileSync(key),
    cert: readFileSync(cert),
    minVersion: 'TLSv1',
    ciphers: 'AES128-SHA:NULL-SHA:@SECLEVEL=0',
  });
  server.on('tlsClientError', () => undefined);
  const plain = createServer((socket) => socket.destroy());
  const listen = (one: typeof plain): Promise<number> =>
    new Promise((resolve) => {
      one.listen(0, '127.0.0.1', () => {
        const address = one.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  try {
    const [weak, open] = [await listen(server), await listen(plain)];
    const [fromSslscan, fromTestssl] = [await sslscan(weak, undefined), await testssl(weak, undefined)];
    assert.ok(fromSslscan.versions.includes('tls1.0'));
    assert.ok(fromTestssl.versions.includes('TLS1_1'));
    assert.match(fromTestssl.faults.join('\n'), /cipherlist_NULL: offered/);
    assert.match(fromSslscan.weak.join('\n'), /NULL-SHA/);
    assert.equal(await greet(open), 'no TLS');
    assert.ok((await openPorts('127.0.0.1', [open])).has(open));
  } finally {
    server.close();
    plain.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
