import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { run } from '../src/support/exec.ts';
import { palisade } from './command-line.ts';
import { composeProgram } from './containers/engine/places.ts';

/** What stacks have that grew over years on several machines: paths of Windows, files beside the project, overlays, aliases. */
const files = (root: string): Readonly<Record<string, string>> => ({
  'secrets/.env': 'DB_PASSWORD=outside\n',
  'base/conf/common.env': 'COMMON=1\n',
  'base/common.yaml': `services:
  common:
    image: postgres:16
    env_file: ./conf/common.env   # beside the base
    environment:
      POSTGRES_PASSWORD: changeme   # of the base
      MODE: dev
    volumes:
      - ./conf:/etc/conf
    ports: ["5432:5432"]
    privileged: true
`,
  'shop/compose.yaml': String.raw`# who wrote this left in spring
x-env: &env
  MODE: dev
x-ports: &ports ["9000:9000"]
x-labels: &labels {team: a}
services:
  # extends from another directory
  db:
    extends:
      file: ../base/common.yaml
      service: common
    restart: always   # stays up
  win:
    image: nginx:1.27
    volumes:
      - C:\data:/data   # a drive
      - .\conf:/etc/x
      - D:\keys\tls.key:/etc/tls.key:ro
      - type: bind
        source: .\more
        target: /more
    env_file:
      - ../secrets/.env   # out of the tree
      - path: ..\secrets\.env
        required: false
    environment: *env
    ports: *ports
    labels: *labels
  other:
    image: redis:7
    environment:
      <<: *env
      TOKEN: ${'${TOKEN:-abc}'}
    ports: *ports   # the same for all
    labels: *labels
    privileged: true   # nobody knows why
  abs:
    image: example/abs
    env_file: ${root}/secrets/.env
    ports: *ports
`,
  'shop/compose.override.yaml': `services:
  db:
    ports: !reset []
    environment: !override
      MODE: prod   # of this machine
      POSTGRES_PASSWORD: devpassword
  other:
    privileged: !reset null
    secrets: [api_key]
  win:
    ports: !override
      - "9100:9100"   # replaced
secrets:
  api_key:
    file: ../secrets/.env
`,
});

const assessment = z.object({
  diagnostics: z.array(z.unknown()),
  findings: z.array(
    z.object({
      control: z.string(),
      resource: z.object({ name: z.string().optional() }),
      outcome: z.string(),
      at: z.object({ file: z.string(), line: z.number() }).optional(),
    }),
  ),
});

const shown = z.object({
  services: z.record(
    z.string(),
    z.object({
      environment: z.record(z.string(), z.string().nullable()).default({}),
      volumes: z.array(z.object({ source: z.string().optional(), target: z.string() })).default([]),
      ports: z.array(z.object({ published: z.string(), host_ip: z.string().default('') })).default([]),
      privileged: z.boolean().default(false),
      labels: z.record(z.string(), z.string()).default({}),
      secrets: z.array(z.object({ source: z.string() })).default([]),
    }),
  ),
});

const commentsOf = (text: string): readonly string[] => text.match(/#.*$/gm) ?? [];

/** What Compose makes of a project. */
const meaning = async (program: string, directory: string) => {
  const { exitCode, stdout, stderr } = await run(program, ['config', '--format', 'json'], {
    workingDirectory: directory,
    timeout: 60_000,
  });
  assert.equal(exitCode, 0, stderr);
  return shown.parse(JSON.parse(stdout.replaceAll(directory, '.'))).services;
};

describe('a stack with paths of Windows, files beside the project, overlays and aliases', () => {
  let root = '';
  let applied = '';
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'palisade-real-'));
    for (const [path, text] of Object.entries(files(root))) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    chmodSync(join(root, 'secrets', '.env'), 0o600);
    const { code, stdout, stderr } = await palisade(['harden', 'shop', '--out', 'shop-hardened'], { directory: root });
    assert.equal(code, 1, stdout + stderr);
    applied = stderr;
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('is read without complaint, and each finding stands where its cause is written', async () => {
    const { stdout, stderr } = await palisade(['assess', 'shop', '--format', 'json'], { directory: root });
    const { diagnostics, findings } = assessment.parse(JSON.parse(stdout));
    assert.deepEqual(diagnostics, [], stderr);
    const failuresOf = (control: string): readonly string[] =>
      findings
        .filter((finding) => finding.control === control && finding.outcome === 'fail')
        .map(({ resource, at }) => {
          const file = at === undefined ? 'nowhere' : relative(root, resolve(root, 'shop', at.file));
          return `${resource.name ?? ''} ${file}:${at?.line ?? 0}`;
        })
        .toSorted();
    assert.deepEqual(failuresOf('container/privileged'), ['db base/common.yaml:11']);
    assert.deepEqual(failuresOf('network/loopback-ports'), [
      'abs shop/compose.yaml:4',
      'other shop/compose.yaml:4',
      'win shop/compose.override.yaml:12',
    ]);
    assert.deepEqual(failuresOf('container/literal-secret'), [
      'abs secrets/.env:1',
      'db shop/compose.override.yaml:6',
      'win secrets/.env:1',
    ]);
    assert.deepEqual(failuresOf('container/default-secret'), ['other shop/compose.yaml:33']);
  });

  it('keeps every comment, and touches no file outside of the project', () => {
    assert.match(applied, /[1-9]\d* changes applied/);
    for (const file of ['compose.yaml', 'compose.override.yaml'])
      assert.deepEqual(commentsOf(read(`shop-hardened/${file}`)), commentsOf(read(`shop/${file}`)), file);
    const written = files(root);
    for (const path of Object.keys(written).filter((each) => !each.startsWith('shop/')))
      assert.equal(read(path), written[path], path);
    for (const line of [
      '    restart: on-failure:5   # stays up',
      String.raw`      - C:\data:/data   # a drive`,
      String.raw`        source: .\more`,
      '    labels: *labels',
      '    environment: *env',
      'x-ports: &ports ["9000:9000"]',
    ])
      assert.ok(read('shop-hardened/compose.yaml').split('\n').includes(line), line);
    assert.match(read('shop-hardened/compose.override.yaml'), /^ {4}ports: !reset \[\]$/m);
  });

  it('has nothing to change a second time', async () => {
    const { stderr } = await palisade(['harden', 'shop-hardened', '--in-place'], { directory: root });
    assert.match(stderr, /^0 changes applied/m);
  });

  const compose = composeProgram();
  it(
    'means the same to Compose v2 as before, but for what was hardened',
    { skip: compose === undefined ? 'not run: Compose v2 is not installed' : false },
    async () => {
      const [earlier, now] = [
        await meaning(compose ?? '', join(root, 'shop')),
        await meaning(compose ?? '', join(root, 'shop-hardened')),
      ];
      assert.deepEqual(Object.keys(now), Object.keys(earlier));
      for (const [name, { volumes, labels, secrets }] of Object.entries(earlier)) {
        const kept = now[name] ?? assert.fail(name);
        assert.deepEqual(kept.labels, labels, name);
        for (const volume of volumes)
          assert.ok(
            kept.volumes.some((each) => each.source === volume.source),
            name,
          );
        for (const { source } of secrets)
          assert.ok(
            kept.secrets.some((each) => each.source === source),
            name,
          );
      }
      assert.deepEqual(
        Object.values(earlier).map(({ privileged }) => privileged),
        [false, true, false, false],
      );
      assert.ok(Object.values(now).every(({ privileged }) => !privileged));
      assert.deepEqual([now['db']?.ports, now['other']?.ports], [[], [{ published: '9000', host_ip: '127.0.0.1' }]]);
      const { POSTGRES_PASSWORD, MODE, COMMON } = now['db']?.environment ?? {};
      assert.deepEqual([POSTGRES_PASSWORD, MODE, COMMON], [undefined, 'prod', '1']);
      assert.deepEqual([now['win']?.environment['MODE'], now['other']?.environment['MODE']], ['dev', 'dev']);
    },
  );
});

it('hardens a file that an editor of Windows has written, mark and line ends kept', async () => {
  const root = mkdtempSync(join(tmpdir(), 'palisade-real-'));
  try {
    const text =
      '\uFEFF# marked\nservices:\n  db:\n    image: postgres:16   # the database\n    ports:\n    - "5432:5432"\n';
    mkdirSync(join(root, 'shop'));
    writeFileSync(join(root, 'shop', 'compose.yaml'), text.replaceAll('\n', '\r\n'));
    const { code, stderr } = await palisade(['harden', 'shop', '--in-place'], { directory: root });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /[1-9]\d* changes applied/);
    const after = readFileSync(join(root, 'shop', 'compose.yaml'), 'utf8');
    assert.ok(after.startsWith('\uFEFF# marked\r\nservices:\r\n'));
    assert.doesNotMatch(after, /[^\r]\n/);
    assert.match(after, /# the database/);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
