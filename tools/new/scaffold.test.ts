import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../setup/requirements.ts';
import { scaffold } from './scaffold.ts';

const inWorkspaceCopy = (files: ReadonlyMap<string, string>, use: (directory: string) => void): void => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-new-'));
  try {
    for (const path of ['packages', 'tools', 'apps', 'package.json', 'tsconfig.json', 'tsconfig.base.json'])
      cpSync(join(root, path), join(directory, path), {
        recursive: true,
        filter: (from) => !/(^|\/)(node_modules|dist)$/.test(from),
      });
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    for (const [path, text] of files) {
      const target = join(directory, 'packages', 'palisade', 'src', path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
    use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const node = (directory: string, args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=palisade-source', ...args], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
};

test('a new kind touches one folder, is found by the generator, and its example control passes its fixtures', () => {
  const files = scaffold('kind', 'memcached', []);
  assert.deepEqual(
    [...new Set([...files.keys()].map((path) => path.split('/').slice(0, 2).join('/')))],
    ['services/memcached'],
  );
  inWorkspaceCopy(files, (directory) => {
    node(directory, ['tools/gen/main.ts']);
    const report = node(directory, [
      '--test',
      '--test-name-pattern=memcached/example',
      'packages/palisade/src/testing/fixtures.test.ts',
    ]);
    assert.match(report, /pass [2-9]/);
    node(directory, [
      '--input-type=module',
      '-e',
      "const { kinds, controls } = await import('./packages/palisade/src/catalog.generated.ts'); if (!kinds.some(({ id }) => id === 'memcached') || !controls.some(({ id }) => id === 'memcached/example')) process.exit(1);",
    ]);
  });
});

test('a control of a kind lies in the folder of the kind, any other in an area', () => {
  assert.ok(scaffold('control', 'redis/example', ['redis']).has('services/redis/controls/example.ts'));
  assert.ok(scaffold('control', 'network/example', ['redis']).has('controls/network/example.ts'));
});

for (const [subject, name] of [
  ['control', 'no-area'],
  ['control', 'Area/x'],
  ['control', '../x/y'],
  ['kind', 'a/b'],
  ['kind', ''],
] as const)
  test(`refuses ${name === '' ? 'an empty name' : name} as the name of a ${subject}`, () => {
    assert.throws(() => scaffold(subject, name, []), /is not a name/);
  });
