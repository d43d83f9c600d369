import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLayout } from './layout.ts';
import { hostPath, mountPointsOf, placesIn } from './mounts.ts';
import { sketchStack } from './testing.ts';

const at = { file: 'compose.yaml', line: 1, column: 1 };
const syntax = 'short' as const;
const stack = sketchStack(
  '/p',
  {
    db: {
      mounts: [
        { at, type: 'bind', source: '/p/certs/db/server', target: '/certs', readOnly: true, syntax },
        { at, type: 'bind', source: '/p/ca.pem', target: '/certs/ca.pem', readOnly: true, syntax },
        { at, type: 'volume', source: 'data', target: '/var/lib/data/', readOnly: false, syntax },
        { at, type: 'volume', target: '/anonymous', readOnly: false, syntax },
      ],
      secrets: [{ at, source: 'pw', target: '/run/secrets/pw' }],
      configs: [{ at, source: 'conf', target: '/etc/db.conf' }],
      tmpfs: [{ value: '/run:size=1m', at }],
    },
    other: { mounts: [{ at, type: 'volume', source: 'data', target: '/d', readOnly: false, syntax }] },
  },
  {
    secrets: new Map([['pw', { name: 'pw', at, file: '/p/secrets/pw.txt', external: false }]]),
    configs: new Map([['conf', { name: 'conf', at, file: '/p/db.conf', external: false }]]),
  },
);
const places = placesIn('/state');
const pointsOf = (name: string) => {
  const service = stack.services.get(name);
  assert.ok(service);
  return mountPointsOf(stack, service, places, ['/tmp', '/certs']);
};
const root = places.root('db');

const paths: readonly (readonly [container: string, host: string])[] = [
  ['/certs/key.pem', '/p/certs/db/server/key.pem'],
  ['/certs', '/p/certs/db/server'],
  ['/certs/ca.pem', '/p/ca.pem'],
  ['/certs/ca.pem.old', '/p/certs/db/server/ca.pem.old'],
  ['/certs-old/x', `${root}/certs-old/x`],
  ['/var/lib/data', '/state/volumes/data'],
  ['/var/lib/data/base/1', '/state/volumes/data/base/1'],
  ['/var/lib/data/../other', `${root}/var/lib/other`],
  ['/run/secrets/pw', '/p/secrets/pw.txt'],
  ['/etc/db.conf', '/p/db.conf'],
  ['/run/db.sock', `${root}/run/db.sock`],
  ['/anonymous/x', `${root}/anonymous/x`],
  ['/../../etc/passwd', `${root}/etc/passwd`],
  ['relative', `${root}/relative`],
];
for (const [container, host] of paths)
  test(`maps ${container}`, () => assert.equal(hostPath(container, pointsOf('db'), root), host));

test('shares a volume between the services that mount it', () => {
  assert.equal(
    hostPath('/d/x', pointsOf('other'), places.root('other')),
    hostPath('/var/lib/data/x', pointsOf('db'), root),
  );
});

test('keeps names that would leave the directory inside of it', () => {
  assert.match(places.volume('../../etc'), /^\/state\/volumes\/n-[0-9a-f]{24}$/);
  assert.match(places.service('..'), /^\/state\/services\/n-[0-9a-f]{24}$/);
});

test('refuses the port of a service that does not listen on it', () => {
  const service = stack.services.get('db');
  assert.ok(service);
  const { layout } = createLayout({ stack, service, places, mounts: pointsOf('db'), ports: { db: { 5432: 21001 } } });
  assert.equal(layout.port('db', 5432), 21001);
  assert.throws(() => layout.port('db', 1), { code: 'runtime/unknown-port' });
  assert.throws(() => layout.port('nobody', 5432), { code: 'runtime/unknown-port' });
});

test('knows a service by its aliases, its container name and its links', () => {
  const aliased = sketchStack('/p', {
    db: {
      containerName: { value: 'the-db', at },
      networks: [{ at, network: 'back', aliases: ['database'] }],
    },
    api: { links: [{ value: 'db:store', at }], variables: { URLS: 'db:1 the-db:1 database:1 store:1 stranger:1' } },
  });
  const service = aliased.services.get('api');
  assert.ok(service);
  const { environment } = createLayout({ stack: aliased, service, places, mounts: [], ports: { db: { 1: 21001 } } });
  assert.equal(environment['URLS'], 'localhost:21001 localhost:21001 localhost:21001 localhost:21001 stranger:1');
});

test('rewrites a path once, also in a project below a path that the container has of its own', () => {
  const below = sketchStack('/tmp/project', {
    web: {
      mounts: [
        { at, type: 'bind', source: '/tmp/project/site.conf', target: '/etc/site.conf', readOnly: true, syntax },
        { at, type: 'bind', source: '/tmp/project/state', target: '/tmp/project/own', readOnly: false, syntax },
      ],
    },
  });
  const service = below.services.get('web');
  assert.ok(service);
  const here = placesIn('/tmp/project/.palisade/runtime');
  const mounts = mountPointsOf(below, service, here, ['/tmp']);
  const { layout } = createLayout({ stack: below, service, places: here, mounts, ports: {} });
  const texts: Readonly<Record<string, string>> = {
    'include /etc/site.conf;': 'include /tmp/project/site.conf;',
    'temp /tmp/a;': `temp ${here.root('web')}/tmp/a;`,
    // A path of the container that the project's own directory happens to begin like.
    'data /tmp/project/own/x;': 'data /tmp/project/state/x;',
    'data /tmp/projects/x;': `data ${here.root('web')}/tmp/projects/x;`,
  };
  for (const [text, expected] of Object.entries(texts)) {
    assert.equal(layout.text(text), expected);
    assert.equal(layout.text(expected), expected);
  }
  const written = `pid ${layout.stateDirectory}/nginx.pid;`;
  assert.equal(layout.text(written), written);
});
