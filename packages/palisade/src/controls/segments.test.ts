import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { array, assert as check, asyncProperty, integer, nat, record } from 'fast-check';
import type { Stack } from '../contracts/stack.ts';
import { applyComposeEdits } from '../model/index.ts';
import { loadText } from '../model/testing.ts';
import { circlesOf } from './circles.ts';
import { networkBudget } from './network-budget.ts';
import { control as needlessReachability } from './network/needless-reachability.ts';
import { segmentation } from './segmentation.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { relationOf, unitOf } from './units.ts';

const images = ['hashicorp/vault:2.0', 'postgres:17', 'redis:8', 'edoburu/pgbouncer:1', 'example/app:1', 'nginx:1.30'];

interface Sketch {
  readonly name: string;
  readonly image: string;
  readonly calls: readonly string[];
}

const composeText = (services: readonly Sketch[]): string =>
  [
    'services:',
    ...services.flatMap(({ name, image, calls }) => [
      `  ${name}:`,
      `    image: ${image}`,
      ...(calls.length === 0 ? [] : ['    environment:', ...calls.map((to, index) => `      T${index}_HOST: ${to}`)]),
    ]),
    '',
  ].join('\n');

const shown = (segments: readonly Segment[]): readonly string[] =>
  segments.map(({ name, internal, members }) => `${name}${internal ? '' : ' (way out)'}: ${members.join(', ')}`);

const isApplication = (stack: Stack, name: string): boolean => unitOf(stack, name)?.role === 'application';

/** Pairs that meet on a network, and pairs that should, each as `a b`; the two directions of a network are one. */
const pairsOf = (stack: Stack, segments: readonly Segment[]) => {
  const names = [...stack.services.keys()];
  const pairs = names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b] as const));
  return {
    met: pairs.filter(([a, b]) => segments.some(({ members }) => members.includes(a) && members.includes(b))),
    asked: pairs.filter(
      ([a, b]) => (isApplication(stack, a) && isApplication(stack, b)) || relationOf(stack, a, b) !== 'nothing',
    ),
  };
};

/** Projects of up to nine services of every sort, some of them nodes of clusters, that call each other at random. */
const projects = array(record({ image: integer({ min: 0, max: images.length - 1 }), calls: array(nat({ max: 8 })) }), {
  minLength: 1,
  maxLength: 9,
}).map((drafts) => {
  const names = drafts.map(
    ({ image }, index) =>
      `${['vault', 'pg', 'cache', 'pool', 'app', 'web'][image] ?? ''}${index % 2 === 0 ? `-${index}` : `x${index}y`}`,
  );
  return drafts.map(({ image, calls }, index): Sketch => ({
    name: names[index] ?? '',
    image: images[image] ?? '',
    calls: [...new Set(calls.flatMap((to) => names[to] ?? []))].filter((name) => name !== names[index]),
  }));
});

/** The text with the edits of its segmentation. */
const segmented = (stack: Stack, text: string): string =>
  applyComposeEdits(
    text,
    segmentation(stack).flatMap((change) => (change.kind === 'compose-edit' ? [change] : [])),
  );

suite('the networks of any project', () => {
  test('are as they are to be after one round of edits, and ask for nothing in a second one', async () => {
    await check(
      asyncProperty(projects, async (services) => {
        const text = composeText(services);
        const before = await loadText(text);
        const after = await loadText(segmented(before, text));
        assert.deepEqual(segmentation(after), []);
        for (const { name, internal, members } of segmentsOf(before)) {
          assert.equal(after.networks.get(name)?.internal, internal);
          assert.deepEqual(
            [...after.services.values()]
              .filter(({ networks }) => networks.some(({ network }) => network === name))
              .map((service) => service.name)
              .toSorted(),
            members.toSorted(),
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  test('join those who have to do with each other, and nobody else', async () => {
    await check(
      asyncProperty(projects, async (services) => {
        const stack = await loadText(composeText(services));
        if (circlesOf(stack).length > networkBudget) return;
        const segments = segmentsOf(stack);
        const { met, asked } = pairsOf(stack, segments);
        assert.deepEqual(met, asked, shown(segments).join('\n'));
        assert.equal(new Set(segments.map(({ name }) => name)).size, segments.length);
        // Everybody is on one, and no store of data or pooler on one with a way out.
        for (const name of stack.services.keys()) {
          const own = segments.filter(({ members }) => members.includes(name));
          assert.ok(own.length > 0, name);
          assert.ok(isApplication(stack, name) || own.every(({ internal }) => internal), name);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const networks = async (text: string): Promise<readonly string[]> => shown(segmentsOf(await loadText(text)));

suite('networks', () => {
  test('have the names of the three tiers where each tier has one', async () => {
    assert.deepEqual(
      await networks(`services:
  vault: { image: "hashicorp/vault:2.0" }
  db: { image: "postgres:17" }
  app: { image: "example/app:1", environment: { VAULT_ADDR: "http://vault:8200", DB_HOST: db } }
  web: { image: "nginx:1.30", depends_on: [app] }
`),
      ['vault-network: vault, app', 'database-network: db, app', 'app-network (way out): app, web'],
    );
  });

  test('keep two databases with the same callers and the same Vault apart', async () => {
    assert.deepEqual(
      await networks(`services:
  vault: { image: "hashicorp/vault:2.0", ports: ["127.0.0.1:8200:8200"] }
  db: { image: "postgres:17", environment: { VAULT_ADDR: "http://vault:8200" } }
  cache-1: { image: "redis:8", environment: { VAULT_ADDR: "http://vault:8200" } }
  cache-2: { image: "redis:8" }
  app: { image: "example/app:1", environment: { DB_HOST: db, CACHE_HOST: cache-1 } }
`),
      [
        'vault-db: vault, db',
        'vault-cache: vault, cache-1, cache-2',
        // Nobody else is on it: Vault publishes a port, and the port of a container on internal networks alone is never bound.
        'vault-host (way out): vault',
        'database-db: db, app',
        'database-cache: cache-1, cache-2, app',
        'app-network (way out): app',
      ],
    );
  });

  test('take no name of a network that others make, or that is no bridge', async () => {
    assert.deepEqual(
      await networks(`services:
  db: { image: "postgres:17" }
  app: { image: "example/app:1", environment: { DB_HOST: db }, networks: [app-network, database-network] }
networks:
  app-network: { external: true }
  database-network: { driver: macvlan }
`),
      ['database-network-2: db, app', 'app-network-2 (way out): app'],
    );
  });

  test('let replicas reach what they copy, as commands and files name it', async () => {
    assert.deepEqual(
      shown(
        segmentsOf(
          await loadText(
            `services:
  leader: { image: "redis:8" }
  follower: { image: "redis:8", command: ["redis-server", "--replicaof", "leader", "6379"] }
  standby: { image: "postgres:17", volumes: ["./standby.conf:/etc/standby.conf:ro"] }
  primary: { image: "postgres:17" }
  columns: { image: "clickhouse/clickhouse-server:25", volumes: ["./keeper.xml:/etc/keeper.xml:ro"] }
  keeper: { image: "example/keeper:1" }
`,
            {},
            {
              'standby.conf': "primary_conninfo = 'host=primary port=5432'\n",
              'keeper.xml': '<zookeeper><node><host>keeper</host><port>2181</port></node></zookeeper>\n',
            },
          ),
        ),
      ),
      [
        'database-leader-follower: leader, follower',
        'database-primary-standby: primary, standby',
        'database-columns: columns, keeper',
        'app-network (way out): keeper',
      ],
    );
  });

  test('keep together the nodes of a cluster that only a set-up program knows, and apart what is none', async () => {
    assert.deepEqual(
      await networks(`services:
  first: { image: "mongo:8", command: ["mongod", "--replSet", "rs0"] }
  second: { image: "mongo:8", command: ["mongod", "--replSet", "rs0"] }
  other: { image: "mongo:8" }
  app: { image: "example/app:1", depends_on: [first, other] }
`),
      ['database-first: first, second, app', 'database-other: other, app', 'app-network (way out): app'],
    );
  });

  test('let a service that uses the network of another one reach what it calls', async () => {
    assert.deepEqual(
      await networks(`services:
  db: { image: "postgres:17" }
  app: { image: "example/app:1" }
  agent: { image: "example/agent:1", network_mode: "service:app", environment: { DB_HOST: db } }
`),
      ['database-network: db, app', 'app-network (way out): app'],
    );
  });
});

suite('more networks than an engine has addresses for', () => {
  test('are joined where all members may meet, so that nothing is given up', async () => {
    const stores = Array.from({ length: 9 }, (_, index) => `db${index}y`);
    const app: Sketch = { name: 'app', image: 'example/app:1', calls: ['vault', ...stores] };
    const stack = await loadText(
      composeText([
        { name: 'vault', image: 'hashicorp/vault:2.0', calls: [] },
        ...stores.map((name) => ({ name, image: 'postgres:17', calls: ['vault'] })),
        app,
      ]),
    );
    assert.equal(circlesOf(stack).length, 20);
    const segments = segmentsOf(stack);
    assert.equal(segments.length, networkBudget);
    const { met, asked } = pairsOf(stack, segments);
    assert.deepEqual(met, asked, shown(segments).join('\n'));
  });

  test('are joined where the fewest services meet that should not, and every call works', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `s${index}y`);
    const stack = await loadText(
      composeText(
        names.flatMap((name) => [
          { name: `db-of-${name}`, image: 'postgres:17', calls: [] },
          { name, image: 'example/app:1', calls: [`db-of-${name}`] },
        ]),
      ),
    );
    assert.equal(circlesOf(stack).length, 31);
    const segments = segmentsOf(stack);
    assert.equal(segments.length, networkBudget);
    assert.ok(
      segments.every(({ name }) => /^(?:shared-\d+|database-db-of-s\d+y|app-network)$/.test(name)),
      shown(segments).join('\n'),
    );
    const { met, asked } = pairsOf(stack, segments);
    assert.deepEqual(
      asked.filter((pair) => !met.some(([a, b]) => a === pair[0] && b === pair[1])),
      [],
    );
    // Two databases on most, four on one, each with its application.
    assert.ok(segments.every(({ members }) => members.length <= 8 || members.length === 30));
  });

  test('are told of by the control, which goes on to report what had to be given up', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}y`);
    const text = composeText(
      names.flatMap((name) => [
        { name: `db-of-${name}`, image: 'postgres:17', calls: [] },
        { name, image: 'example/app:1', calls: [`db-of-${name}`] },
      ]),
    );
    const hardened = await loadText(segmented(await loadText(text), text));
    assert.deepEqual(segmentation(hardened), []);
    const failures = [...(needlessReachability.static?.(hardened) ?? [])].filter(({ outcome }) => outcome === 'fail');
    assert.equal(failures.length, 24);
    for (const { message } of failures)
      assert.match(
        message ?? '',
        / over shared-\d without calling .*; the calls ask for 21 networks, and a project gets 15 at most/,
      );
  });
});
