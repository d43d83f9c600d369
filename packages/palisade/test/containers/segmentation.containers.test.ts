import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { palisade } from '../command-line.ts';
import { describeWithEngine } from './engine/describe.ts';
import { addressesOf, declaredEdges, type Edge, gatewaysOf, measuredEdges, reachedFrom } from './reach/matrix.ts';
import { listenerPort, listenersInstead } from './reach/listeners.ts';
import { createOutside, type Outside } from './reach/outside.ts';
import { type Copies, hardenedCopy } from './stack/hardened.ts';
import { composeProject, type ComposeProject, type ResolvedProject } from './stack/project.ts';

const name = 'palisade-segments';

/** Who calls whom in the bundled stack, read by a person from its files. The nodes of the cluster are one. */
const calls: Readonly<Record<string, readonly string[]>> = {
  postgres: ['vault'],
  pgbouncer: ['vault', 'postgres'],
  mysql: ['vault'],
  mongodb: ['vault'],
  'redis-1': ['vault', 'redis-2', 'redis-3'],
  'redis-2': ['vault', 'redis-3'],
  'redis-3': ['vault'],
  rabbitmq: ['vault'],
  'reference-api': ['vault', 'pgbouncer', 'mysql', 'mongodb', 'redis-1', 'redis-2', 'redis-3', 'rabbitmq'],
  nginx: ['reference-api'],
};

/** Asks until something is reached, twenty times at most: what listens may still be starting. */
const eventually = async (ask: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  let reached = await ask();
  for (let attempt = 0; attempt < 20 && reached.length === 0; attempt++) reached = await ask();
  return reached;
};

// The networks are those of the hardened stack, unchanged; in each container only a program that listens runs.
await describeWithEngine('the segments of the hardened stack', ['listener'], (engine) => {
  let copies: Copies;
  let project: ComposeProject;
  let config: ResolvedProject;
  let services: readonly string[];
  let declared: readonly Edge[];
  let outside: Outside;
  /** Something of the host's own, on every address. */
  const onHost = createServer((socket) => socket.destroy());
  let hostPort = 0;

  before(async () => {
    copies = await hardenedCopy(name);
    project = composeProject(engine, copies.hardened, name);
    config = await project.config();
    services = Object.keys(config.services);
    declared = await declaredEdges(copies.hardened);
    project.override('listeners.yaml', listenersInstead(config));
    await project.up();
    outside = createOutside();
    await new Promise<void>((resolve) => onHost.listen(0, '0.0.0.0', resolve));
    const address = onHost.address();
    hostPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });

  after(async () => {
    onHost.close();
    outside.remove();
    await project.down();
    copies.remove();
  });

  const measure = (): Promise<readonly Edge[]> =>
    measuredEdges(engine, project, Object.fromEntries(services.map((service) => [service, [listenerPort]])));

  const internalOnly = (): readonly string[] =>
    services.filter((service) =>
      Object.keys(config.services[service]?.networks ?? {}).every(
        (network) => config.networks[network]?.internal === true,
      ),
    );

  it('let each container reach those that it calls or that call it, and no other, by address and by name', async () => {
    const byHand = Object.entries(calls).flatMap(([from, called]) =>
      called.flatMap((to): readonly Edge[] => [`${from} → ${to}`, `${to} → ${from}`]),
    );
    assert.deepEqual(declared, byHand.toSorted());
    assert.deepEqual(await measure(), declared);
  });

  const beyond = async (): Promise<readonly Edge[]> => (await measure()).filter((edge) => !declared.includes(edge));

  it('are seen to be open where a container is connected to one more of them by hand', async () => {
    const container = project.container('nginx');
    const network = `${name}_database-pgbouncer`;
    await engine.ask(['network', 'connect', network, container]);
    try {
      assert.deepEqual(await beyond(), ['nginx → pgbouncer', 'pgbouncer → nginx']);
    } finally {
      await engine.ask(['network', 'disconnect', network, container]);
    }
    assert.deepEqual(await measure(), declared);
  });

  it('are seen to be open where two services are given a network that nobody planned', async () => {
    const network = `${name}-shared`;
    await engine.ask(['network', 'create', network]);
    try {
      for (const service of ['nginx', 'vault'])
        await engine.ask(['network', 'connect', network, project.container(service)]);
      assert.deepEqual(await beyond(), ['nginx → vault', 'vault → nginx']);
    } finally {
      for (const service of ['nginx', 'vault'])
        await engine.ask(['network', 'disconnect', '--force', network, project.container(service)]);
      await engine.ask(['network', 'rm', network]);
    }
  });

  it('are seen to be open where the file itself has two data stores share one of them', async () => {
    const file = join(copies.hardened, 'compose.yaml');
    const text = readFileSync(file, 'utf8');
    // Only mysql has these two one below the other.
    const shared = text.replace('- vault-mysql\n      - database-mysql\n', '$&      - vault-postgres\n');
    assert.notEqual(shared, text);
    writeFileSync(file, shared);
    try {
      assert.deepEqual(await declaredEdges(copies.hardened), declared, 'a network is no call');
      await project.up();
      assert.deepEqual(await beyond(), ['mysql → postgres', 'postgres → mysql']);
    } finally {
      writeFileSync(file, text);
      await project.up();
    }
    assert.deepEqual(await measure(), declared);
  });

  it('have no way out where they are internal', async () => {
    const closed = internalOnly();
    // All that store data, and the pooler in front of one of them.
    assert.deepEqual(
      closed.toSorted(),
      services.filter((service) => !['vault', 'reference-api', 'nginx'].includes(service)).toSorted(),
    );
    const targets = [outside.listener];
    // It is there: a container on an ordinary network gets to it.
    const open = services.find((service) => !closed.includes(service));
    assert.ok(open !== undefined);
    assert.deepEqual(await eventually(() => reachedFrom(engine, project.container(open), targets)), targets);
    const reached = await Promise.all(
      closed.map((service) => reachedFrom(engine, project.container(service), targets)),
    );
    assert.deepEqual(reached.flat(), []);
  });

  it('give no container an IPv6 address, not even one to reach the host or a neighbour on its own link', async () => {
    for (const service of services) {
      const addresses = await addressesOf(engine, project.container(service));
      assert.ok(addresses.length > 0 && addresses.every((address) => !address.includes(':')), addresses.join());
      // /proc/net/if_inet6 holds every IPv6 address; that of loopback is all there is.
      const held = await engine.ask(['exec', project.container(service), 'cat', '/proc/net/if_inet6']);
      assert.match(held, /^(?:0{31}1 .* lo)?$/, service);
    }
  });

  it('lead to what listens on the host, until the rules of `palisade firewall` are loaded', async () => {
    const fromEach = async (): Promise<readonly string[]> => {
      const reached = await Promise.all(
        services.map(async (service) => {
          const gateways = await gatewaysOf(engine, project, service);
          assert.ok(gateways.length > 0, service);
          const targets = [outside.hostAddress, ...gateways].map((host) => `${host}:${hostPort}`);
          return reachedFrom(engine, project.container(service), targets);
        }),
      );
      return services.filter((_, index) => reached[index]?.length !== 0);
    };
    // What the engine does by itself: the address of each bridge is the host.
    assert.deepEqual(await fromEach(), services);
    const { code, stdout, stderr } = await palisade(['firewall', copies.hardened], { directory: copies.hardened });
    assert.equal(code, 0, stderr);
    const table = /^table (inet \S+)$/m.exec(stdout)?.[1];
    assert.ok(table !== undefined);
    const loaded = spawnSync('nft', ['-f', '-'], { input: stdout, encoding: 'utf8', timeout: 20_000 });
    assert.equal(loaded.status, 0, loaded.stderr);
    try {
      assert.deepEqual(await fromEach(), []);
      // And they cut nothing off that the project declares.
      assert.deepEqual(await measure(), declared);
    } finally {
      spawnSync('nft', ['delete', 'table', ...table.split(' ')], { timeout: 20_000 });
    }
  });
});
