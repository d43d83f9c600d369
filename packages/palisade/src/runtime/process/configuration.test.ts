import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectFile, Stack } from '../../contracts/stack.ts';
import { configurationDigest } from './configuration.ts';
import { type ServiceSketch, fakeKind, sketchStack } from './testing.ts';
import { ask, at, never, portOf, projectFor, quiet, runtimeOf, up } from './testing/running.ts';

const elsewhere = { file: 'other.yaml', line: 40, column: 9 };

const file = (path: string, text: string, sensitivity: ProjectFile['sensitivity'] = 'plain'): ProjectFile => ({
  path,
  mode: 0o644,
  size: text.length,
  text,
  sensitivity,
});

const mount = (source: string, readOnly = true) => ({
  at,
  type: 'bind' as const,
  source: `/shop/${source}`,
  target: '/there',
  readOnly,
  syntax: 'short' as const,
});

const digestOf = (sketch: ServiceSketch, files: readonly ProjectFile[] = []): string => {
  const stack: Stack = sketchStack(
    '/shop',
    { web: sketch },
    { files: new Map(files.map((entry) => [entry.path, entry])) },
  );
  const service = stack.services.get('web');
  assert.ok(service);
  return configurationDigest(stack, service);
};

/** Whether the digest of a service that mounts the source changes with the text of a file. */
const changes = (
  source: string,
  path: string,
  options: { sensitivity?: ProjectFile['sensitivity']; readOnly?: boolean } = {},
): boolean => {
  const sketch = { mounts: [mount(source, options.readOnly)] };
  return (
    digestOf(sketch, [file(path, 'one', options.sensitivity)]) !==
    digestOf(sketch, [file(path, 'two', options.sensitivity)])
  );
};

test('a digest tells of what a service is started with', () => {
  const plain = digestOf({});
  const others: Readonly<Record<string, ServiceSketch>> = {
    variable: { variables: { COLOUR: 'blue' } },
    command: { command: { value: ['serve', '--tls'], at } },
    user: { user: { value: '1000', at } },
    kind: { kind: 'other' },
    mount: { mounts: [mount('web.conf')] },
  };
  for (const [name, sketch] of Object.entries(others)) assert.notEqual(digestOf(sketch), plain, name);
});

test('a digest says nothing of where and how a service is written, nor of when it starts', () => {
  const written: ServiceSketch = { variables: { COLOUR: 'blue' } };
  assert.equal(
    digestOf({
      environment: new Map([['COLOUR', { value: 'blue', at: elsewhere }]]),
      at: elsewhere,
      profiles: ['all'],
      after: ['db'],
    }),
    digestOf(written),
  );
});

test('a digest tells of configuration files, and not of what is replaced or written while a service runs', () => {
  assert.equal(changes('web.conf', 'web.conf'), true);
  assert.equal(changes('config/web', 'config/web/tls.conf'), true);
  assert.equal(changes('web.conf', 'web.conf', { readOnly: false }), true);
  assert.equal(changes('config/web', 'config/website/tls.conf'), false);
  assert.equal(changes('data', 'data/state', { readOnly: false }), false);
  assert.equal(changes('tls', 'tls/ca.pem', { sensitivity: 'certificate' }), false);
  assert.equal(changes('certs/web/server', 'certs/web/server/serial'), false);
  assert.equal(changes('secrets/web', 'secrets/web/role'), false);
});

test('restarts what runs with an earlier configuration, and nothing else; until then it is seen as it was started', async (context) => {
  const project = projectFor(context);
  const fake = fakeKind(project.script);
  const { process: capability } = fake;
  assert.ok(capability);
  // In its other posture the kind declares another port.
  const kind = {
    ...fake,
    process: {
      ...capability,
      ports: ({ environment }: { readonly environment: ReadonlyMap<string, unknown> }) =>
        environment.has('TLS') ? [8080, 8443] : [8080],
    },
  };
  const open = (variables: Readonly<Record<string, string>>) =>
    runtimeOf(project, { web: { variables }, other: {} }, { kinds: [kind] });
  const development = open({});
  await up(development);
  const before = { web: await ask(development, 'web'), other: await ask(development, 'other') };
  assert.deepEqual(
    (await development.status()).map(({ outdated }) => outdated),
    [undefined, undefined],
  );

  const hardened = open({ TLS: 'on' });
  const [web, other] = await hardened.status();
  assert.equal(web?.state, 'running');
  assert.equal(web.outdated, true);
  assert.match(web.detail ?? '', /configuration has changed/);
  assert.deepEqual(
    web.endpoints.map(({ containerPort }) => containerPort),
    [8080],
  );
  assert.equal(other?.outdated, undefined);
  assert.equal(hardened.endpoint('web', 8443), undefined);

  const said: string[] = [];
  const after = await up(hardened, never, (line) => said.push(line));
  assert.deepEqual(
    after.map(({ outdated }) => outdated),
    [undefined, undefined],
  );
  assert.deepEqual(
    after[0]?.endpoints.map(({ containerPort }) => containerPort),
    [8080, 8443],
  );
  assert.ok(
    said.includes('web: stopping, because its configuration has changed since it was started'),
    said.join('\n'),
  );
  const now = await ask(hardened, 'web');
  assert.deepEqual([now.environment['TLS'], now.pid === before.web.pid], ['on', false]);
  assert.equal((await ask(hardened, 'other')).pid, before.other.pid);

  // Back again: the port of the other posture is remembered, and is none of the service's.
  await up(open({}));
  assert.equal(development.endpoint('web', 8443), undefined);
  assert.equal(typeof portOf(development, 'web'), 'number');
});

test('restarts a service in another configuration alone where only that is asked for', async (context) => {
  const project = projectFor(context);
  const development = runtimeOf(project, { web: {}, other: {} });
  await up(development);
  const { pid } = await ask(development, 'other');
  const variables = { TLS: 'on' };
  const hardened = runtimeOf(project, { web: { variables }, other: { variables } });
  const status = await hardened.up({ only: ['web'], signal: never, progress: quiet });
  assert.deepEqual(
    status.map(({ outdated }) => outdated),
    [undefined, true],
  );
  assert.equal((await ask(hardened, 'other')).pid, pid);
  await hardened.restart('other', never);
  assert.equal((await hardened.status())[1]?.outdated, undefined);
});
