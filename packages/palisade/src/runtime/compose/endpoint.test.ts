import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sketchStack } from '../process/testing.ts';
import { confinementOf, listenersOfContainer } from './confinement.ts';
import { type Container, readContainers } from './container.ts';
import { endpointOf, knownPorts } from './endpoint.ts';

/** What `docker inspect` prints of a container, cut down to what is read. */
const inspected = (change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  Id: 'f'.repeat(64),
  Name: '/shop-db-1',
  RestartCount: 0,
  State: { Status: 'running', ExitCode: 0, Pid: 4711, Health: { Status: 'starting' } },
  Config: {
    User: '70:70',
    Image: 'postgres:17',
    ExposedPorts: { '5432/tcp': {}, '9/udp': {} },
    Labels: { 'com.docker.compose.service': 'db', 'com.docker.compose.project.working_dir': '/srv/shop' },
    Healthcheck: { Test: ['CMD-SHELL', 'pg_isready'] },
  },
  HostConfig: { NetworkMode: 'shop_back', Memory: 1024, NanoCpus: 1_500_000_000, PidsLimit: -1, PidMode: 'host' },
  NetworkSettings: {
    Ports: { '5432/tcp': null },
    Networks: { shop_back: { IPAddress: '172.20.0.2', GlobalIPv6Address: '' }, elsewhere: { IPAddress: '172.21.0.2' } },
  },
  Mounts: [{ Type: 'volume', Name: 'shop_data', Source: '/var/lib/docker/x', Destination: '/data', RW: true }],
  ...change,
});

const read = (change: Readonly<Record<string, unknown>> = {}): Container => {
  const container = readContainers(JSON.stringify([inspected(change)]), 'shop').get('db');
  assert.ok(container);
  return container;
};

const published = (...bindings: readonly (readonly [address: string, port: string])[]): Container =>
  read({
    NetworkSettings: {
      Ports: { '5432/tcp': bindings.map(([HostIp, HostPort]) => ({ HostIp, HostPort })) },
      Networks: { shop_back: { IPAddress: '172.20.0.2' } },
    },
  });

test('reads what the engine says of a container', () => {
  const container = read();
  assert.equal(container.name, 'shop-db-1');
  assert.equal(container.workingDirectory, '/srv/shop');
  assert.equal(container.health, 'starting');
  assert.deepEqual(container.healthCommand, ['/bin/sh', '-c', 'pg_isready']);
  assert.deepEqual(
    container.attachments.map(({ network, address, address6 }) => [network, address, address6]),
    [
      ['back', '172.20.0.2', undefined],
      ['elsewhere', '172.21.0.2', undefined],
    ],
  );
  assert.deepEqual(knownPorts(container), [5432]);
  assert.deepEqual(container.mounts[0], {
    type: 'volume',
    source: 'shop_data',
    target: '/data',
    readOnly: false,
    propagation: '',
  });
});

test('names the fault where an engine answers otherwise, and quotes nothing of what it said', () => {
  assert.throws(
    () => readContainers('{"POSTGRES_PASSWORD=hunter2"', 'shop'),
    (thrown: unknown) => thrown instanceof Error && /no JSON/.test(thrown.message) && !/hunter2/.test(thrown.message),
  );
});

suite('where a port answers from this machine', () => {
  for (const [name, container, endpoint] of [
    ['not published: the address of the container', read(), '172.20.0.2:5432'],
    ['on loopback', published(['127.0.0.1', '15432']), '127.0.0.1:15432'],
    ['on every address', published(['0.0.0.0', '15432'], ['::', '15432']), '127.0.0.1:15432'],
    ['on an address without a name', published(['', '15432']), '127.0.0.1:15432'],
    ['loopback before others', published(['192.0.2.7', '1'], ['127.0.0.1', '2']), '127.0.0.1:2'],
    ['on one address of the host', published(['192.0.2.7', '15432']), '192.0.2.7:15432'],
    ['in the network of the host', read({ HostConfig: { NetworkMode: 'host' } }), '127.0.0.1:5432'],
    ['not running', read({ State: { Status: 'exited', ExitCode: 1, Pid: 0 } }), 'nowhere'],
  ] as const)
    test(name, () => {
      const found = endpointOf(container, 5432);
      assert.equal(found === undefined ? 'nowhere' : `${found.host}:${found.port}`, endpoint);
    });
});

test('tells a limit from none, and a namespace of the host from its own', () => {
  const network = { name: 'shop_back', ofProject: 'back', internal: true, subnets: [], gateways: [] };
  const found = confinementOf(read(), { known: false, why: 'no cat' }, new Map([['shop_back', network]]));
  assert.deepEqual(found.limits, { memory: 1024, cpus: 1.5, pids: 0 });
  assert.deepEqual(found.hostNamespaces, ['pid']);
  // Of the other network nothing is known, so it does not count as internal.
  assert.deepEqual(found.outwardNetworks, ['elsewhere']);
  assert.deepEqual(found.process, { known: false, why: 'no cat' });
});

test('shows listeners where the host meets them', () => {
  const service = sketchStack('/srv/shop', { db: {} }).services.get('db');
  assert.ok(service);
  const view = {
    uid: 70,
    noNewPrivileges: true,
    seccomp: 2,
    effective: [],
    bounding: [],
    readOnlyRoot: true,
    listeners: [
      { address: '0.0.0.0', port: 5432 },
      { address: '::', port: 6060 },
      { address: '127.0.0.1', port: 7070 },
    ],
  };
  const shown = (container: Container): readonly string[] =>
    listenersOfContainer(service, container, view, []).listeners.map(
      (each) => `${each.address} ${each.port} ${each.declared ? 'declared' : 'undeclared'} ${each.published === true}`,
    );
  assert.deepEqual(shown(read()), ['172.20.0.2 5432 declared false', '172.20.0.2 6060 undeclared false']);
  assert.deepEqual(shown(published(['127.0.0.1', '15432'])), [
    '127.0.0.1 15432 declared true',
    '172.20.0.2 6060 undeclared false',
  ]);
});
