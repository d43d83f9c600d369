import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KindHints, ServiceKind } from '../contracts/service-kind.ts';
import { activeServices, serviceResource, servicesOfKind } from './queries.ts';
import { loadText, openProject, serviceOf } from './testing.ts';

const kind = (id: string, matches: ServiceKind['matches']): ServiceKind => ({
  id,
  title: id,
  matches,
  ports: {},
  storesData: false,
  capabilities: [],
  writablePaths: [],
});

const byName = (id: string, image: string, port: number): ServiceKind =>
  kind(id, (hints: KindHints) => {
    if ([hints.image, hints.program, hints.build].includes(image)) return 2;
    return hints.name === id || hints.ports.includes(port) ? 1 : 0;
  });

const kinds = [
  byName('postgres', 'postgres', 5432),
  byName('pgbouncer', 'pgbouncer', 6432),
  byName('vault', 'vault', 8200),
  byName('twin', 'postgres', 1),
];

describe('the kind of a service', () => {
  const told: readonly (readonly [name: string, text: string, kind: string, reason: string])[] = [
    ['db', 'image: docker.io/library/postgres:16', 'postgres', 'image docker.io/library/postgres:16'],
    ['pool', 'build: ./configs/pgbouncer/', 'pgbouncer', 'build pgbouncer'],
    ['v', 'image: x\n    command: ["/bin/vault", "server"]', 'vault', 'program vault'],
    [
      'v',
      'image: x\n    entrypoint: [/init/init.sh]\n    command: [postgres, -c, a=b]',
      'postgres',
      'program postgres',
    ],
    ['v', 'image: x\n    command: sh -c "exec vault server -dev"', 'vault', 'program vault'],
    ['vault', 'image: x', 'vault', 'name vault'],
    ['q', 'image: x\n    ports: ["15432:5432"]', 'postgres', 'port 5432'],
    ['q', 'image: x\n    expose: [8200]', 'vault', 'port 8200'],
    ['vault', 'image: postgres', 'postgres', 'image postgres'],
    ['web', 'image: nginx', 'unknown', 'no kind claims it'],
  ];
  for (const [name, text, expected, reason] of told)
    test(`${name} with ${text.replaceAll(/\s+/g, ' ')} is ${expected}`, async () => {
      await using project = await openProject({ 'compose.yaml': `services:\n  ${name}:\n    ${text}\n` });
      const stack = await project.load({ kinds });
      assert.deepEqual([serviceOf(stack, name).kind, serviceOf(stack, name).kindReason], [expected, reason]);
    });

  test('is what palisade.yaml says', async () => {
    await using project = await openProject({
      'compose.yaml': 'services:\n  db: {image: postgres}\n  off: {image: postgres, profiles: [p]}\n',
      'palisade.yaml': 'services:\n  db: {kind: vault}\n',
    });
    const stack = await project.load({ kinds });
    assert.deepEqual([serviceOf(stack, 'db').kind, serviceOf(stack, 'db').kindReason], ['vault', 'palisade.yaml']);
    assert.deepEqual(servicesOfKind(stack, 'postgres').map(serviceResource), [{ type: 'service', name: 'off' }]);
    assert.deepEqual(
      activeServices(stack).map(({ name }) => name),
      ['db'],
    );
  });
});

/** The edges of a service `app` with these keys, beside the services that it may name. */
const edges = async (caller: string): Promise<readonly string[]> => {
  const stack = await loadText(`services:
  app:
    image: x
${caller.replaceAll(/^/gm, '    ')}
  db:
    image: x
    container_name: dev-db
    networks: {n: {aliases: [primary]}}
  cache: {image: x}
  web: {image: x}
networks: {n: {}}
`);
  return stack.edges.map(
    ({ from, to, port, reasons }) => `${from} → ${to}:${port ?? '?'} ${reasons.map(({ text }) => text).join(',')}`,
  );
};

describe('edges', () => {
  const told: readonly (readonly [text: string, edges: readonly string[]])[] = [
    ['depends_on: [db]', ['app → db:? depends_on']],
    ['links: ["db:alias"]', ['app → db:? links']],
    ['environment: {URL: "postgresql://u:p@db:5432/x?sslmode=disable"}', ['app → db:5432 URL']],
    ['environment: {DB_HOST: db, DB_PORT: 5433}', ['app → db:5433 DB_HOST']],
    ['environment: [DB_HOST=db]\ndepends_on: [db]', ['app → db:? depends_on,DB_HOST']],
    ['environment: {A: "http://db:1", DB_HOST: db}\ndepends_on: [db]', ['app → db:1 depends_on,DB_HOST,A']],
    ['environment: {NODES: "db:1,cache:2"}', ['app → db:1 NODES', 'app → cache:2 NODES']],
    ['environment: {H: "dev-db:7", G: "primary:8"}', ['app → db:7 H', 'app → db:8 G']],
    ['command: [run, "--dsn=host=db port=5"]', ['app → db:? command']],
    ['command: [run, --cache, "redis://:pw@cache:6379/0"]', ['app → cache:6379 command']],
    ['environment: {NAME: db, TEXT: "the db is here", MODE: web}', []],
    ['environment: {HOST: app, URL: "http://dbx:1 http://my-db:2 http://db.example.org:3"}', []],
  ];
  for (const [text, expected] of told)
    test(`of ${text.replaceAll(/\s+/g, ' ')}`, async () => {
      assert.deepEqual(await edges(text), expected);
    });

  test('name the place of each reason', async () => {
    const stack = await loadText(
      'services:\n  a:\n    image: x\n    environment:\n      B_URL: http://b:80\n    depends_on: [b]\n  b: {image: x}\n',
    );
    assert.deepEqual(
      stack.edges[0]?.reasons.map(({ text, at }) => [text, at.line]),
      [
        ['depends_on', 6],
        ['B_URL', 5],
      ],
    );
  });
});
