import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { parseSync } from 'oxc-parser';
import { root } from './setup/requirements.ts';

const source = join(root, 'packages', 'palisade', 'src');

/** What each room may import besides itself. `services/<kind>` is a room of its own for each kind. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  support: [],
  model: ['contracts', 'support'],
  controls: ['contracts', 'support', 'model'],
  services: ['contracts', 'support', 'model'],
  engine: ['contracts', 'support', 'model'],
  // It opens what the controls of published ports call a way in, and nothing else.
  firewall: ['contracts', 'support', 'model', 'controls'],
  // It compares who reaches whom with the calls that the controls read from the files, and takes nothing else.
  runtime: ['contracts', 'support', 'model', 'controls'],
  report: ['contracts', 'support', 'model', 'version.ts'],
  'version.ts': [],
  testing: ['contracts', 'support', 'model', 'catalog.generated.ts'],
  'catalog.generated.ts': ['contracts', 'controls', 'services'],
  'index.ts': [
    'contracts',
    'support',
    'model',
    'engine',
    'firewall',
    'runtime',
    'report',
    'services',
    'catalog.generated.ts',
    'jobs',
    'version.ts',
  ],
  jobs: [
    'contracts',
    'support',
    'model',
    'engine',
    'firewall',
    'runtime',
    'report',
    'services',
    'catalog.generated.ts',
  ],
  cli: ['index.ts'],
  operator: ['index.ts'],
};

const roomOf = (path: string): string => {
  const [first = '', second = ''] = path.split('/');
  return first === 'services' ? `services/${second}` : first;
};

/** Every import of a file as a path below the source folder; packages are left out. */
const importsOf = (path: string): readonly string[] => {
  const { module, errors } = parseSync(path, readFileSync(join(source, path), 'utf8'));
  assert.deepEqual(errors, [], `${path} does not parse`);
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...[...readFileSync(join(source, path), 'utf8').matchAll(/\bimport\('([^']+)'\)/g)].map(
      ([, specifier = '']) => specifier,
    ),
  ];
  return specifiers
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(source, join(source, dirname(path), specifier)));
};

/** Tests, and what lies in a folder `testing` of a room to serve them, may reach across rooms. */
const servesTests = /\.test(-\w+)*\.ts$|\/(fixtures|testing)\/|\/testing\.ts$/;

const files = globSync('**/*.ts', { cwd: source }).filter((path) => !servesTests.test(path));

test('finds the files whose imports it judges', () => {
  assert.ok(files.length > 50, `found only ${files.length} files`);
  assert.ok(files.some((path) => importsOf(path).length > 0));
});

test('every room imports only what the design allows', () => {
  const violations = files.flatMap((path) => {
    const room = roomOf(path);
    const permitted = allowed[room.split('/')[0] ?? ''];
    if (permitted === undefined) return [`${path} lies in no room of the design`];
    return importsOf(path)
      .filter((target) => roomOf(target) !== room && !permitted.includes(roomOf(target).split('/')[0] ?? ''))
      .map((target) => `${path} imports ${target}`);
  });
  assert.deepEqual(violations, []);
});

test('no kind imports another kind', () => {
  const violations = files
    .filter((path) => path.startsWith('services/'))
    .flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith('services/') && roomOf(target) !== roomOf(path))
        .map((target) => `${path} imports ${target}`),
    );
  assert.deepEqual(violations, []);
});

test('the rooms exist, so that a renamed folder cannot escape its rule', () => {
  const rooms = new Set(files.map((path) => roomOf(path).split('/')[0]));
  for (const room of ['contracts', 'support', 'model', 'controls', 'services', 'engine', 'runtime', 'report', 'cli'])
    assert.ok(rooms.has(room), `no file in ${room}`);
});
