import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inProject, palisade } from './command-line.ts';

const weak = `services:
  db: # the database
    image: "postgres:16"
    ports:
      - "5432:5432"
    environment:
      POSTGRES_HOST_AUTH_METHOD: trust
`;

/** Nothing of it is at fault for an assessment of the files at the threshold critical. */
const calm = 'services:\n  app:\n    image: example/app:1.2.3\n';

test('assess prints the posture on standard output and nothing on standard error', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    const { code, stdout, stderr } = await palisade(['assess'], { directory });
    assert.equal(code, 1);
    assert.equal(stderr, '');
    assert.match(stdout, /compose\.yaml:5 {2}network\/loopback-ports/);
    assert.match(stdout, /compose\.yaml:7 {2}postgres\/no-trust/);
  }));

test('assess ends with 0 where nothing reaches the threshold', () =>
  inProject({ 'compose.yaml': calm }, async (directory) => {
    assert.equal((await palisade(['assess', '--threshold', 'critical'], { directory })).code, 0);
  }));

test('assess ends with 3 where a file cannot be used and nothing else is wrong', () =>
  inProject({ 'compose.yaml': `include: [missing.yaml]\n${calm}` }, async (directory) => {
    const { code, stdout } = await palisade(['assess', '--threshold', 'critical'], { directory });
    assert.equal(code, 3, stdout);
    assert.match(stdout, /missing\.yaml/);
  }));

test('a directory without a Compose file is an error with code and next step, and ends with 2', () =>
  inProject({}, async (directory) => {
    const { code, stdout, stderr } = await palisade(['assess'], { directory });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /error model\/no-compose-file: .*\n {2}→ /);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }));

for (const args of [
  ['assess', '--format', 'xml'],
  ['assess', '--treshold', 'high'],
  ['assess', 'a', 'b'],
  ['frobnicate'],
  ['unseal'],
  ['logs'],
  ['logs', 'app', '--lines', '0'],
  ['restart'],
  ['restart', 'nobody'],
])
  test(`wrong usage ends with 2: palisade ${args.join(' ')}`, () =>
    inProject({ 'compose.yaml': calm }, async (directory) => {
      const { code, stdout, stderr } = await palisade(args, { directory });
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /error/);
    }));

for (const command of [
  'assess',
  'harden',
  'rollback',
  'bootstrap',
  'unseal',
  'up',
  'down',
  'status',
  'restart',
  'logs',
  'verify',
  'audit',
  'explain',
  'firewall',
  'export',
  'init',
  'demo',
])
  test(`palisade ${command} --help shows examples and ends with 0`, () =>
    inProject({}, async (directory) => {
      const { code, stdout } = await palisade([command, '--help'], { directory });
      assert.equal(code, 0);
      assert.match(stdout, /Examples:/);
    }));

test('JSON comes whole through a slow pipe', () => {
  const services = Array.from(
    { length: 150 },
    (_, index) => `  s${index}:\n    image: example/app\n    privileged: true\n    ports: ["${9000 + index}:80"]\n`,
  );
  return inProject({ 'compose.yaml': `services:\n${services.join('')}` }, async (directory) => {
    const bin = join(import.meta.dirname, '..', 'bin', 'palisade.js');
    const reader = spawn('sh', ['-c', `"${process.execPath}" "${bin}" assess --format json | (sleep 1; cat)`], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    reader.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => reader.once('close', resolve));
    assert.ok(text.length > 500_000, `only ${text.length} characters`);
    assert.doesNotThrow(() => JSON.parse(text));
  });
});

test('a reader that closes the pipe early ends the command without a word', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    const bin = join(import.meta.dirname, '..', 'bin', 'palisade.js');
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${bin}" assess --format json | head -c 1 >/dev/null`], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    shell.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await new Promise((resolve) => shell.once('close', resolve));
    assert.equal(stderr, '');
  }));

test('a report goes to a file that only its owner can read', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    await palisade(['assess', '--format', 'html', '--output', 'report.html'], { directory });
    assert.equal(statSync(join(directory, 'report.html')).mode & 0o777, 0o600);
    assert.match(readFileSync(join(directory, 'report.html'), 'utf8'), /<!doctype html>/);
  }));

test('a baseline makes what it knows not count, and what is new count', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    await palisade(['assess', '--format', 'json', '--output', 'last.json'], { directory });
    const unchanged = await palisade(['assess', '--baseline', 'last.json', '--format', 'json'], { directory });
    assert.doesNotMatch(unchanged.stdout, /"outcome": "fail",(?:(?!"known")[^])*"known": false/);
    writeFileSync(
      join(directory, 'compose.yaml'),
      `${weak}  other:\n    image: example/app:1.0.0\n    privileged: true\n`,
    );
    const changed = await palisade(['assess', '--baseline', 'last.json'], { directory });
    assert.equal(changed.code, 1);
    assert.match(changed.stdout, /container\/privileged/);
    assert.doesNotMatch(changed.stdout, /postgres\/no-trust/);
  }));

test('a baseline that is none is refused', () =>
  inProject({ 'compose.yaml': weak, 'last.json': '{"findings": 1}' }, async (directory) => {
    const { code, stderr } = await palisade(['assess', '--baseline', 'last.json'], { directory });
    assert.equal(code, 2);
    assert.match(stderr, /job\/baseline-unreadable/);
  }));

test('harden --dry-run shows the diff and changes nothing', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    const { stdout } = await palisade(['harden', '--dry-run'], { directory });
    assert.match(stdout, /-\s+- "5432:5432"\n/);
    assert.match(stdout, /\+\s+- "127\.0\.0\.1:5432:5432"/);
    assert.equal(existsSync(join(directory, 'hardened')), false);
    assert.equal(existsSync(join(directory, '.palisade')), false);
  }));

test('harden makes a copy, leaves the project alone, and has nothing to do the second time', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    const first = await palisade(['harden'], { directory });
    assert.match(first.stderr, /changes applied/);
    const hardened = readFileSync(join(directory, 'hardened', 'compose.yaml'), 'utf8');
    assert.match(hardened, /db: # the database/);
    assert.match(hardened, /"127\.0\.0\.1:5432:5432"/);
    assert.equal(readFileSync(join(directory, 'compose.yaml'), 'utf8'), weak);
    const second = await palisade(['harden'], { directory });
    assert.match(second.stderr, /0 changes applied/);
    assert.equal(readFileSync(join(directory, 'hardened', 'compose.yaml'), 'utf8'), hardened);
  }));

test('harden --in-place and rollback give back the very bytes', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    await palisade(['harden', '--in-place'], { directory });
    assert.notEqual(readFileSync(join(directory, 'compose.yaml'), 'utf8'), weak);
    const { code } = await palisade(['rollback'], { directory });
    assert.equal(code, 0);
    assert.equal(readFileSync(join(directory, 'compose.yaml'), 'utf8'), weak);
    assert.equal(existsSync(join(directory, 'config')), false);
  }));

test('rollback refuses where a file was edited since, and shows the edit', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    await palisade(['harden', '--in-place'], { directory });
    const file = join(directory, 'compose.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}# by hand\n`);
    const { code, stderr } = await palisade(['rollback'], { directory });
    assert.equal(code, 2);
    assert.match(stderr, /# by hand/);
    assert.match(readFileSync(file, 'utf8'), /# by hand/);
  }));

test('harden refuses a copy from which a path would lead elsewhere', () =>
  inProject({ 'compose.yaml': 'services:\n  app:\n    build: ../app\n' }, async (directory) => {
    const { code, stderr } = await palisade(['harden'], { directory });
    assert.equal(code, 2);
    assert.match(stderr, /job\/reference-leaves-project: compose\.yaml:3 /);
    assert.equal(existsSync(join(directory, 'hardened')), false);
  }));

test('harden refuses to go on with a copy of an older project', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    await palisade(['harden'], { directory });
    writeFileSync(join(directory, 'compose.yaml'), weak.replace('postgres:16', 'postgres:17'));
    const { code, stderr } = await palisade(['harden'], { directory });
    assert.equal(code, 2);
    assert.match(stderr, /job\/source-changed: .*compose\.yaml/);
  }));

test('two hardenings of one directory at once: one works, the other refuses or finds nothing to do', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    const ends = await Promise.all([1, 2, 3].map(() => palisade(['harden', '--in-place'], { directory })));
    const text = readFileSync(join(directory, 'compose.yaml'), 'utf8');
    assert.equal(text.match(/127\.0\.0\.1:5432:5432/g)?.length, 1, text);
    for (const { code, stderr } of ends)
      if (code === 2) assert.match(stderr, /engine\/(directory-locked|files-drifted|apply-unfinished)/);
  }));

test('init writes a configuration that loads, and never replaces one', () =>
  inProject({ 'compose.yaml': calm }, async (directory) => {
    assert.equal((await palisade(['init'], { directory })).code, 0);
    assert.equal((await palisade(['assess', '--threshold', 'critical'], { directory })).code, 0);
    writeFileSync(join(directory, 'palisade.yaml'), '# mine\n');
    assert.equal((await palisade(['init'], { directory })).code, 2);
    assert.equal(readFileSync(join(directory, 'palisade.yaml'), 'utf8'), '# mine\n');
  }));

test('a suppression hides its finding until it expires', () =>
  inProject(
    { 'compose.yaml': 'services:\n  app:\n    image: example/app:1.2.3\n    privileged: true\n' },
    async (directory) => {
      const suppress = (expires: string): void =>
        writeFileSync(
          join(directory, 'palisade.yaml'),
          `suppressions:\n  - control: container/privileged\n    resource: app\n    reason: measured load\n    owner: ops\n    expires: ${expires}\n`,
        );
      suppress('2999-01-01');
      assert.equal((await palisade(['assess', '--threshold', 'critical'], { directory })).code, 0);
      suppress('2020-01-01');
      const { code, stdout } = await palisade(['assess', '--threshold', 'critical'], { directory });
      assert.equal(code, 1);
      assert.match(stdout.replaceAll(/\s+/g, ' '), /accepted by ops until 2020-01-01, which has passed/);
    },
  ));

test('explain knows a control by its id and by its catalogue code, and names the nearest for a misspelt one', () =>
  inProject({}, async (directory) => {
    const [byId, byCode] = [
      await palisade(['explain', 'container/privileged'], { directory }),
      await palisade(['explain', 'c01'], { directory }),
    ];
    assert.equal(byId.stdout, byCode.stdout);
    assert.match(byId.stdout, /Why\n/);
    const { code, stderr } = await palisade(['explain', 'container/priviledged'], { directory });
    assert.equal(code, 2);
    assert.match(stderr, /container\/privileged/);
  }));

test('a file with a fault does not keep the others from being assessed', () =>
  inProject({ 'compose.yaml': weak, 'override.yaml': 'services:\n  db: [not, a, mapping\n' }, async (directory) => {
    const { code, stdout } = await palisade(['assess', '-f', 'compose.yaml', '-f', 'override.yaml'], { directory });
    assert.equal(code, 1);
    assert.match(stdout, /error {4}override\.yaml:\d+:\d+/);
    assert.match(stdout, /postgres\/no-trust/);
  }));

test('verify is unknown, not clean, where no service answers', () =>
  inProject({ 'compose.yaml': weak.replace('5432:5432', '127.0.0.1:1:5432') }, async (directory) => {
    const { code, stdout } = await palisade(['verify'], { directory });
    assert.equal(code, 3);
    assert.doesNotMatch(stdout, /refused/);
  }));

for (const environment of [{ CI: 'true' }, { FORCE_COLOR: '1' }, { TERM: 'xterm-256color', COLORTERM: 'truecolor' }])
  test(`a pipe gets no escape sequences, also with ${Object.keys(environment).join(' and ')}`, () =>
    inProject({ 'compose.yaml': weak }, async (directory) => {
      for (const args of [['assess'], ['explain', 'C01'], ['verify'], ['harden', '--dry-run']]) {
        const { stdout, stderr } = await palisade(args, { directory, environment });
        assert.ok(!`${stdout}${stderr}`.includes('\u001b'), args.join(' '));
      }
    }));

test('NO_COLOR and a pipe keep escape sequences away', () =>
  inProject({ 'compose.yaml': weak }, async (directory) => {
    const { stdout } = await palisade(['assess'], { directory, environment: { NO_COLOR: '1', FORCE_COLOR: '1' } });
    assert.ok(!stdout.includes('\u001b'));
  }));

test('a project that cannot be written to is refused with nothing half done', async (context) => {
  if (process.getuid?.() === 0) {
    context.diagnostic('not run: root may write everywhere');
    return;
  }
  await inProject({ 'compose.yaml': weak }, async (directory) => {
    mkdirSync(join(directory, 'closed'), { mode: 0o500 });
    const { code } = await palisade(['harden', '--out', join(directory, 'closed', 'x')], { directory });
    assert.equal(code, 2);
  });
});
