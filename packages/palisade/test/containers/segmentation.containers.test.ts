import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, it } from 'node:test';
import { palisade } from '../command-line.ts';
import { describeWithEngine } from './engine/describe.ts';
import { addressesOf, declaredEdges, type Edge, gatewaysOf, measuredEdges, reachedFrom } from './reach/matrix.ts';
import { listenerPort, listenersInstead } from './reach/listeners.ts';
import { createOutside, type Outside } from './reach/outside.ts';
import { type Copies, hardenedCopy } from './stack/hardened.ts';
import { composeProject, type ComposeProject, type ResolvedProject } from './stack/project.ts';

const name = 'palisade-segments';

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
  let outside: Outside;
  /** Something of the host's own, on every address. */
  const onHost = createServer((socket) => socket.destroy());
  let hostPort = 0;

  before(async () => {
    copies = await hardenedCopy(name);
    project = composeProject(engine, copies.hardened, name);
    config = await project.config();
    services = Object.keys(config.services);
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

  it('let each container reach those that it shares a network with, and no other, by address and by name', async () => {
    const measured = await measure();
    assert.ok(measured.length > 0);
    assert.deepEqual(measured, declaredEdges(config));
    // Of what is declared, the one thing that the gateway is for.
    assert.ok(measured.includes('nginx → reference-api'));
    for (const store of ['postgres', 'redis-1', 'mysql', 'mongodb', 'rabbitmq', 'vault'])
      assert.ok(!measured.includes(`nginx → ${store}`), store);
  });

  it('are seen to be open where a container is connected to one more of them by hand', async () => {
    const container = project.container('nginx');
    const network = `${name}_database-network`;
    await engine.ask(['network', 'connect', network, container]);
    try {
      const extra = (await measure()).filter((edge) => !declaredEdges(config).includes(edge));
      assert.ok(extra.includes('nginx → postgres'), extra.join(', '));
      assert.ok(extra.includes('postgres → nginx'));
    } finally {
      await engine.ask(['network', 'disconnect', network, container]);
    }
    assert.deepEqual(await measure(), declaredEdges(config));
  });

  it('are seen to be open where two services are given a network that nobody planned', async () => {
    const network = `${name}-shared`;
    await engine.ask(['network', 'create', network]);
    try {
      for (const service of ['nginx', 'vault'])
        await engine.ask(['network', 'connect', network, project.container(service)]);
      const extra = (await measure()).filter((edge) => !declaredEdges(config).includes(edge));
      assert.deepEqual(extra, ['nginx → vault', 'vault → nginx']);
    } finally {
      for (const service of ['nginx', 'vault'])
        await engine.ask(['network', 'disconnect', '--force', network, project.container(service)]);
      await engine.ask(['network', 'rm', network]);
    }
  });

  it('have no way out where they are internal', async () => {
    const closed = internalOnly();
    assert.ok(closed.includes('postgres') || closed.includes('redis-1'), closed.join());
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
      assert.deepEqual(await measure(), declaredEdges(config));
    } finally {
      spawnSync('nft', ['delete', 'table', ...table.split(' ')], { timeout: 20_000 });
    }
  });
});
