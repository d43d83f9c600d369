import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { filesToRun } from './packages.ts';

test('finds the production dependencies of a package where Node.js does, nested and linked ones too', (context) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'palisade-packages-')));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, content: object): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify(content));
  };
  write('apps/app/package.json', {
    dependencies: { '@own/library': '1', nested: '1', absent: '1' },
    devDependencies: { tool: '1' },
  });
  write('apps/app/src/main.ts', {});
  write('packages/library/package.json', { optionalDependencies: { shared: '1' }, peerDependencies: { peer: '1' } });
  mkdirSync(join(root, 'node_modules', '@own'), { recursive: true });
  symlinkSync('../../packages/library', join(root, 'node_modules', '@own', 'library'));
  // Two versions: what `nested` has of its own comes before what everybody has.
  write('node_modules/nested/package.json', { dependencies: { shared: '2' } });
  write('node_modules/nested/node_modules/shared/package.json', { dependencies: { nested: '1' } });
  write('node_modules/shared/package.json', {});
  write('node_modules/peer/package.json', {});
  write('node_modules/tool/package.json', {});

  assert.deepEqual(
    filesToRun(join(root, 'apps', 'app'))
      .map((path) => relative(root, path))
      .toSorted(),
    [
      'apps/app/package.json',
      'apps/app/src',
      'node_modules/@own/library',
      'node_modules/nested/node_modules/shared/package.json',
      'node_modules/nested/package.json',
      'node_modules/peer/package.json',
      'node_modules/shared/package.json',
      'packages/library/package.json',
    ],
  );
});

test('leaves a broken manifest to Node.js, which says best what is wrong', (context) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'palisade-packages-')));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'package.json'), '{');
  assert.deepEqual(filesToRun(root), [join(root, 'package.json')]);
});
