import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sha256 } from '../support/files.ts';
import { setFileMode, writeFile } from './file-changes.ts';
import { hostPathOf, locateLine, locationAt, mountedFile } from './queries.ts';
import { openProject, serviceOf, shownDiagnostics } from './testing.ts';

const pem = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;

const files = {
  'compose.yaml': `services:
  db:
    image: x
    build: { context: ./image, dockerfile: docker/Dockerfile }
    env_file: [app.env]
    volumes:
      - ./conf:/etc/db:ro
      - ./conf/over.conf:/etc/db/sub/own.conf:ro
      - ./certs:/certs:ro
      - data:/data
      - /:/host
      - .:/project
    secrets: [pw]
    configs: [{source: c, target: /etc/c.conf}]
volumes: {data: {}}
secrets: {pw: {file: ./pw.txt}}
configs: {c: {file: ./c.conf}}
`,
  '.env': 'DB_PASSWORD=canary-1\n',
  'app.env': 'MODE=production\n',
  'image/docker/Dockerfile': 'FROM x\n',
  'conf/db.conf': '# head\n  port = 1\nssl = off\n',
  'conf/sub/own.conf': 'hidden = yes\n',
  'conf/over.conf': 'shown = yes\n',
  'conf/deep/a/b/c/far.conf': 'x',
  'conf/logo.bin': Buffer.from([0, 1, 2]),
  'conf/big.conf': 'x'.repeat(1024 * 1024 + 1),
  'certs/key.pem': { text: pem('EC PRIVATE KEY'), mode: 0o640 },
  'certs/cert.pem': pem('CERTIFICATE'),
  'certs/role-id': 'canary-2',
  'certs/node_modules/x.js': 'x',
  'pw.txt': { text: 'canary-3', mode: 0o600 },
  'c.conf': 'c\n',
};

describe('the files of a project', () => {
  test('are those that services use, with mode and sensitivity, keys and secrets without text', async () => {
    await using project = await openProject(files);
    await symlink('/etc/passwd', join(project.directory, 'conf', 'link.conf'));
    const stack = await project.load();
    const own = [...stack.files.values()].filter(({ path }) => !path.startsWith('/'));
    const told = own.map(
      ({ path, sensitivity, text }) => `${path} ${sensitivity} ${text === undefined ? '-' : 'text'}`,
    );
    for (const expected of [
      '.env secret -',
      'app.env plain text',
      'image/docker/Dockerfile plain text',
      'conf/db.conf plain text',
      'conf/sub/own.conf plain text',
      'conf/logo.bin plain -',
      'conf/big.conf plain -',
      'certs/key.pem private-key -',
      'certs/cert.pem certificate text',
      'certs/role-id secret -',
      'pw.txt secret -',
      'c.conf plain text',
    ])
      assert.ok(told.includes(expected), `${expected} is missing from\n${told.join('\n')}`);
    assert.equal(stack.files.get('certs/key.pem')?.mode, 0o640);
    assert.equal(stack.files.get('pw.txt')?.size, 8);
    assert.equal(stack.files.has('conf/link.conf'), false);
    assert.equal(stack.files.has('conf/deep/a/b/c/far.conf'), false);
    assert.ok(own.every(({ path }) => !path.includes('node_modules')));
    assert.ok(!JSON.stringify([...stack.files.values()]).includes('canary'));
  });

  test('are found by their path in the container, the closest mount first', async () => {
    await using project = await openProject(files);
    const stack = await project.load();
    const db = serviceOf(stack, 'db');
    const at = (path: string): string | undefined => mountedFile(stack, db, path)?.path;
    assert.deepEqual(
      ['/etc/db/db.conf', '/etc/db/sub/own.conf', '/etc/c.conf', '/run/secrets/pw', '/etc/db/gone', '/data/x'].map(at),
      ['conf/db.conf', 'conf/over.conf', 'c.conf', 'pw.txt', undefined, undefined],
    );
    assert.equal(hostPathOf(stack, db, '/etc/db/new.conf'), join(project.directory, 'conf', 'new.conf'));
  });

  test('give the places of their lines', async () => {
    await using project = await openProject(files);
    const file = (await project.load()).files.get('conf/db.conf');
    assert.ok(file);
    assert.deepEqual(locateLine(file, /^\s*port/g), { file: 'conf/db.conf', line: 2, column: 3 });
    assert.deepEqual(
      locateLine(file, (line) => line === 'ssl = off'),
      { file: 'conf/db.conf', line: 3, column: 1 },
    );
    assert.equal(locateLine(file, /nothing/), undefined);
    assert.deepEqual(locationAt(file, 10), { file: 'conf/db.conf', line: 2, column: 4 });
  });

  test('are tracked or not where there is a repository, whatever its settings want to run', async () => {
    await using project = await openProject(files);
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: project.directory, stdio: 'pipe' });
    git('init', '-q');
    git('add', '.env', 'conf/db.conf');
    git('config', 'core.fsmonitor', 'touch ran-a-program; false');
    const stack = await project.load();
    assert.deepEqual(
      ['.env', 'conf/db.conf', 'pw.txt'].map((path) => stack.files.get(path)?.tracked),
      [true, true, false],
    );
    assert.equal(stack.files.has('ran-a-program'), false);
    assert.equal(mountedFile(stack, serviceOf(stack, 'db'), '/project/ran-a-program'), undefined);
  });

  test('stop at their bound', async () => {
    const many = Object.fromEntries(Array.from({ length: 520 }, (_, index) => [`conf/${index}.conf`, 'x']));
    await using project = await openProject({
      'compose.yaml': 'services:\n  a:\n    image: x\n    volumes: ["./conf:/conf"]\n',
      ...many,
    });
    const stack = await project.load();
    assert.equal(stack.files.size, 500);
    assert.deepEqual(
      shownDiagnostics(stack.diagnostics).map((line) => line.split(' ')[1]),
      ['model/files-bounded'],
    );
  });
});

describe('changes of files', () => {
  test('expect what is there, and are none where it is as wanted', async () => {
    await using project = await openProject({ ...files, 'loose.txt': 'before' });
    const stack = await project.load();
    const [change] = writeFile(stack, 'conf/db.conf', 'new\n', 0o640);
    assert.deepEqual(change, {
      kind: 'file-write',
      path: 'conf/db.conf',
      mode: 0o640,
      content: 'new\n',
      expects: { state: 'digest', sha256: sha256(files['conf/db.conf']) },
    });
    assert.deepEqual(writeFile(stack, './conf/db.conf', files['conf/db.conf']), []);
    assert.equal(writeFile(stack, 'conf/db.conf', files['conf/db.conf'], 0o600).length, 1);
    assert.deepEqual(writeFile(stack, 'new/file.conf', 'x')[0]?.expects, { state: 'absent' });
    assert.deepEqual(writeFile(stack, 'loose.txt', 'after')[0]?.expects, { state: 'digest', sha256: sha256('before') });
    assert.deepEqual(setFileMode(stack, 'certs/key.pem', 0o600), [
      { kind: 'file-mode', path: 'certs/key.pem', mode: 0o600, expects: { mode: 0o640 } },
    ]);
    assert.deepEqual(setFileMode(stack, 'certs/key.pem', 0o640), []);
    assert.deepEqual(setFileMode(stack, 'gone', 0o600), []);
  });
});
