import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Mirror, type MirrorOptions, openMirror } from './mirror.ts';

// What the tests write is readable to others unless they say otherwise, whatever umask they are run with.
process.umask(0o022);

const account = { uid: 1_899_000_001, gid: 1_899_000_001, exclusive: false };

/** A directory that other accounts may enter, with a workspace in it that they may not. */
const placesFor = (context: TestContext): { readonly open: string; readonly workspace: string } => {
  const open = realpathSync(mkdtempSync(join(tmpdir(), 'palisade-mirror-')));
  context.after(() => rmSync(open, { recursive: true, force: true }));
  chmodSync(open, 0o755);
  mkdirSync(join(open, 'closed'), { mode: 0o700 });
  return { open, workspace: join(open, 'closed', 'workspace') };
};

const mirrorIn = (open: string, options: Partial<MirrorOptions> = {}): Mirror =>
  openMirror({
    service: 'web',
    account,
    operator: { uid: 0 },
    privileged: true,
    directory: join(open, 'mirror'),
    writable: true,
    say: () => undefined,
    ...options,
  });

const write = (path: string, content: string, mode = 0o644): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};

const workspaceFiles = (workspace: string): Readonly<Record<'program' | 'library' | 'link' | 'plain', string>> => {
  const app = join(workspace, 'apps', 'app');
  write(join(app, 'package.json'), '{ "type": "module" }');
  write(
    join(app, 'src', 'main.ts'),
    "import { greeting } from '@own/library';\nimport { name } from 'plain';\nconst text: string = `${greeting} ${name}`;\nconsole.log(text, process.getuid?.());\n",
  );
  const library = join(workspace, 'packages', 'library');
  write(join(library, 'package.json'), '{ "type": "module", "exports": "./src/index.ts" }');
  write(join(library, 'src', 'index.ts'), "export const greeting: string = 'hello';\n");
  const plain = join(workspace, 'node_modules', 'plain');
  write(join(plain, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  write(join(plain, 'index.js'), "export const name = 'world';\n");
  const link = join(workspace, 'node_modules', '@own', 'library');
  mkdirSync(dirname(link));
  symlinkSync('../../packages/library', link);
  return { program: app, library, link, plain };
};

/** Runs a file with this Node.js as the unprivileged account. */
const runAs = (node: string, file: string): { readonly output: string; readonly errors: string } => {
  const { stdout, stderr } = spawnSync(node, [file], {
    cwd: '/',
    uid: account.uid,
    gid: account.gid,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { output: stdout.trim(), errors: stderr };
};

/** Owner, group, mode and content's time of everything below a directory. */
const rightsBelow = (directory: string): readonly string[] =>
  [...readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted(), '.'].map((name) => {
    const { uid, gid, mode, mtimeMs } = lstatSync(join(directory, name));
    return `${name} ${uid}:${gid} ${mode.toString(8)} ${mtimeMs}`;
  });

test('changes nothing where services run as whoever runs Palisade', async (context) => {
  const { open, workspace } = placesFor(context);
  const file = write(join(workspace, 'main.ts'), '', 0o600);
  const mirror = mirrorIn(open, { privileged: false });
  assert.equal((await mirror.reachable([file]))(file), file);
  await mirror.sweep();
  assert.ok(!existsSync(join(open, 'mirror')));
});

if (process.getuid?.() === 0) {
  test('lets an account run a TypeScript program whose library is linked into the workspace, and changes no right', async (context) => {
    const { open, workspace } = placesFor(context);
    const paths = workspaceFiles(workspace);
    const main = join(paths.program, 'src', 'main.ts');
    const before = rightsBelow(join(open, 'closed'));
    const here = await mirrorIn(open).reachable([process.execPath, ...Object.values(paths)]);
    assert.notEqual(here(main), main);
    const { output, errors } = runAs(here(process.execPath), here(main));
    assert.equal(output, `hello world ${account.uid}`, errors);
    assert.match(runAs(here(process.execPath), main).errors, /EACCES|Cannot find module/);
    assert.deepEqual(rightsBelow(join(open, 'closed')), before);
  });

  test('lets no other account in, and this one change nothing', async (context) => {
    const { open, workspace } = placesFor(context);
    const file = write(join(workspace, 'main.js'), '', 0o666);
    const here = await mirrorIn(open).reachable([file]);
    for (let path = here(file); path !== open; path = dirname(path)) {
      const { uid, gid, mode } = lstatSync(path);
      assert.deepEqual([uid, gid, mode & 0o777], [0, account.gid, path === here(file) ? 0o440 : 0o750], path);
    }
  });

  test('answers with the path itself where the account can read everything', async (context) => {
    const { open } = placesFor(context);
    const file = write(join(open, 'app', 'main.js'), '');
    const here = await mirrorIn(open, { limits: { files: 1, bytes: 1 } }).reachable([dirname(file)]);
    assert.equal(here(file), file);
    assert.ok(!existsSync(join(open, 'mirror')));
  });

  test('uses what an earlier start has mirrored, and mirrors anew only what has changed since', async (context) => {
    const { open, workspace } = placesFor(context);
    const linked = write(join(workspace, 'linked.js'), 'one');
    const copied = write(join(workspace, 'copied.js'), 'one', 0o600);
    const changed = write(join(workspace, 'changed.js'), 'one', 0o600);
    chmodSync(workspace, 0o700);
    const stage = async (): Promise<readonly number[]> => {
      const here = await mirrorIn(open).reachable([workspace]);
      return [linked, copied, changed].map((path) => lstatSync(here(path)).ino);
    };
    await new Promise((resolve) => setTimeout(resolve, 30));
    const first = await stage();
    assert.equal(first[0], lstatSync(linked).ino);
    assert.notEqual(first[1], lstatSync(copied).ino);
    assert.deepEqual(await stage(), first);
    // As long as before, and of the same time: only the change time tells.
    const { atime, mtime } = lstatSync(changed);
    await new Promise((resolve) => setTimeout(resolve, 30));
    writeFileSync(changed, 'two');
    utimesSync(changed, atime, mtime);
    const second = await stage();
    assert.deepEqual(second.slice(0, 2), first.slice(0, 2));
    assert.notEqual(second[2], first[2]);
    assert.equal(readFileSync(join(open, 'mirror', changed), 'utf8'), 'two');
  });

  test('takes back a link when the file is closed to the account afterwards', async (context) => {
    const { open, workspace } = placesFor(context);
    const file = write(join(workspace, 'main.js'), 'text');
    chmodSync(workspace, 0o700);
    const here = await mirrorIn(open).reachable([workspace]);
    assert.equal(lstatSync(here(file)).ino, lstatSync(file).ino);
    chmodSync(file, 0o600);
    await mirrorIn(open).reachable([workspace]);
    assert.notEqual(lstatSync(here(file)).ino, lstatSync(file).ino);
    assert.equal(lstatSync(file).mode & 0o777, 0o600);
  });

  test('removes what is gone or not asked for any more, also where its name is something else now', async (context) => {
    const { open, workspace } = placesFor(context);
    const directory = join(workspace, 'src');
    write(join(directory, 'gone.js'), '');
    write(join(directory, 'swapped', 'inner.js'), '');
    const other = write(join(workspace, 'other.js'), '');
    await mirrorIn(open).reachable([directory, other]);
    rmSync(join(directory, 'gone.js'));
    rmSync(join(directory, 'swapped'), { recursive: true });
    write(join(directory, 'swapped'), 'a file');
    const mirror = mirrorIn(open);
    const here = await mirror.reachable([directory]);
    await mirror.sweep();
    assert.deepEqual(readdirSync(here(directory)), ['swapped']);
    assert.equal(readFileSync(here(join(directory, 'swapped')), 'utf8'), 'a file');
    assert.ok(!existsSync(join(open, 'mirror', other)));
  });

  test('exposes no key, no hidden file and no file that was closed on purpose', async (context) => {
    const { open, workspace } = placesFor(context);
    const app = join(workspace, 'app');
    write(join(app, 'main.js'), '');
    write(join(app, 'secret-id'), 'secret', 0o600);
    write(join(app, 'server.key'), 'secret');
    write(join(app, '.env'), 'secret');
    write(join(app, '.git', 'config'), 'secret');
    write(join(workspace, 'outside'), 'secret');
    symlinkSync('../outside', join(app, 'link'));
    const mirror = mirrorIn(open);
    const asked = [app, join(workspace, 'outside.key'), join(app, 'secret-id')];
    write(join(workspace, 'outside.key'), 'secret', 0o600);
    const here = await mirror.reachable(asked);
    assert.deepEqual(readdirSync(here(app)), ['main.js']);
    assert.deepEqual(readdirSync(join(open, 'mirror', workspace)), ['app']);
  });

  test('refuses what is no program with its libraries any more, and leaves nothing of it', async (context) => {
    const { open, workspace } = placesFor(context);
    for (const name of ['a', 'b', 'c']) write(join(workspace, name), 'text');
    const tool = write(join(workspace, 'tool'), 'text', 0o755);
    const few = mirrorIn(open, { limits: { files: 2, bytes: 1000 } });
    await assert.rejects(few.reachable([workspace]), { code: 'runtime/mirror-too-large' });
    const small = mirrorIn(open, { limits: { files: 100, bytes: 3 } });
    await assert.rejects(small.reachable([workspace]), { code: 'runtime/mirror-too-large' });
    assert.throws(() => small.program(tool), { code: 'runtime/mirror-too-large' });
    assert.ok(!existsSync(join(open, 'mirror')));
  });

  test('changes nothing where it is only looked at, and finds what was mirrored', async (context) => {
    const { open, workspace } = placesFor(context);
    const tool = write(join(workspace, 'tool'), '#!/bin/sh\n', 0o755);
    const looking = mirrorIn(open, { writable: false });
    assert.equal(looking.program(tool), undefined);
    const mirrored = mirrorIn(open).program(tool);
    assert.ok(mirrored !== undefined && mirrored !== tool);
    assert.equal(looking.program(tool), mirrored);
    await looking.sweep();
    assert.ok(existsSync(mirrored));
  });
}
