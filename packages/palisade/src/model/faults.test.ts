import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PalisadeError } from '../support/errors.ts';
import { loadStack } from './load.ts';
import { loadText, openProject, shownDiagnostics } from './testing.ts';

const code = (expected: string) => (thrown: unknown) => thrown instanceof PalisadeError && thrown.code === expected;

const faults: readonly (readonly [name: string, text: string, diagnostics: readonly string[]])[] = [
  [
    'a key that is written twice',
    'services:\n  a:\n    image: x\n    image: y\n',
    ['error model/key-duplicate compose.yaml:4'],
  ],
  [
    'an alias without anchor',
    'services:\n  a:\n    image: *x\n',
    ['error model/schema-violation compose.yaml:2', 'error model/alias-unknown compose.yaml:3'],
  ],
  [
    'an alias inside of its anchor',
    'x-a: &a [*a]\nservices: {b: {image: x}}\n',
    ['error model/alias-cycle compose.yaml:1'],
  ],
  [
    'a merge key that names a list of texts',
    'services:\n  a:\n    <<: [x]\n    image: x\n',
    ['error model/merge-value-invalid compose.yaml:3'],
  ],
  [
    'a dollar sign that starts nothing',
    'services:\n  a:\n    image: x\n    command: echo $1\n',
    ['error model/interpolation-invalid compose.yaml:4'],
  ],
  [
    'a variable without value, once',
    'services:\n  a:\n    image: x$A\n    user: $A\n',
    ['warning model/variable-unset compose.yaml:3'],
  ],
  [
    'values of the wrong type',
    'services:\n  a:\n    image: [x]\n    privileged: maybe\n    ports: "80"\n    user: 1000\n',
    [
      'error model/schema-violation compose.yaml:2',
      'error model/schema-violation compose.yaml:3',
      'error model/schema-violation compose.yaml:4',
      'error model/schema-violation compose.yaml:5',
      'error model/schema-violation compose.yaml:6',
    ],
  ],
  [
    'a key that is not known, as a warning',
    'services:\n  a:\n    image: x\n    imgae: y\n    x-own: z\n',
    ['warning model/key-unknown compose.yaml:4'],
  ],
  [
    'no key of a newer Compose',
    'models: {m: {model: ai/x}}\nservices:\n  a:\n    image: x\n    models: [m]\n    post_start: [{command: x}]\n  b:\n    provider: {type: y}\n',
    [],
  ],
  ['a service without image', 'services:\n  a:\n    user: "1"\n', ['error model/schema-violation compose.yaml:2']],
  ['a file that is a list', '- a\n', ['error model/not-a-mapping compose.yaml:1']],
  ['nothing in an empty file', '', []],
  [
    'what nobody defines',
    'services:\n  a:\n    image: x\n    networks: [n]\n    volumes: ["vol:/v"]\n    secrets: [s]\n    configs: [c]\n    depends_on: [d]\n',
    [
      'error model/reference-undefined compose.yaml:4',
      'error model/reference-undefined compose.yaml:5',
      'error model/reference-undefined compose.yaml:6',
      'error model/reference-undefined compose.yaml:7',
      'error model/reference-undefined compose.yaml:8',
    ],
  ],
  [
    'services that extend each other',
    'services:\n  a:\n    image: x\n    extends: b\n  b:\n    image: x\n    extends: {service: a}\n',
    ['error model/extends-cycle compose.yaml:4', 'error model/extends-cycle compose.yaml:7'],
  ],
  [
    'extends of a service or file that is not there',
    'services:\n  a:\n    image: x\n    extends: {service: gone}\n  b:\n    image: x\n    extends: {service: c, file: gone.yaml}\n',
    ['error model/extends-missing compose.yaml:4', 'error model/include-missing compose.yaml:7'],
  ],
  [
    'a mount and an unclosed flow collection',
    'services:\n  a:\n    image: x\n    volumes: ["a:b:c:d"]\n',
    ['error model/mount-invalid compose.yaml:4'],
  ],
];

describe('loadStack reports', () => {
  for (const [name, text, expected] of faults)
    test(name, async () => {
      const { diagnostics } = await loadText(text);
      assert.deepEqual(shownDiagnostics(diagnostics).toSorted(byLine), expected);
      for (const { message, next } of diagnostics) assert.ok(message.length > 10 && next.endsWith('.'));
    });

  const encodings: readonly (readonly [string, Uint8Array, string])[] = [
    ['UTF-16', Buffer.from('\uFEFFservices: {}', 'utf16le'), 'UTF-16'],
    ['Latin-1', Buffer.from('services: {a: {image: "caf\u00e9"}}', 'latin1'), 'Latin-1'],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), 'a binary file'],
  ];
  for (const [name, bytes, found] of encodings)
    test(`a file in ${name}`, async () => {
      await using project = await openProject({ 'compose.yaml': bytes, 'b.yaml': 'services: {b: {image: x}}\n' });
      const { diagnostics, services } = await project.load({ files: ['compose.yaml', 'b.yaml'] });
      assert.deepEqual(shownDiagnostics(diagnostics), ['error model/file-encoding compose.yaml:1']);
      assert.ok(diagnostics[0]?.message.includes(found));
      assert.deepEqual([...services.keys()], ['b']);
    });

  test('nothing about a byte order mark, and counts columns behind it', async () => {
    const { diagnostics, services } = await loadText('\uFEFFservices:\n  a: {image: x}\n');
    assert.deepEqual(diagnostics, []);
    assert.equal(services.get('a')?.at.column, 3);
  });

  test('a file of ten megabytes at once, without reading it', async () => {
    await using project = await openProject({ 'compose.yaml': `services:\n${'# filler\n'.repeat(1_200_000)}` });
    const started = performance.now();
    const { diagnostics } = await project.load();
    assert.deepEqual(shownDiagnostics(diagnostics), ['error model/file-too-large compose.yaml:1']);
    assert.ok(performance.now() - started < 500);
  });

  for (const [name, text] of [
    ['brackets', `a: ${'['.repeat(100_000)}`],
    ['keys', `a: ${'{b: '.repeat(100_000)}`],
    ['duplicates', `services:\n${Array.from({ length: 40_000 }, (_, index) => `  s${index}: {}`).join('\n')}\n`],
  ] as const)
    test(`a file made to exhaust its reader by ${name} within seconds`, async () => {
      const started = performance.now();
      const { diagnostics } = await loadText(text);
      assert.ok(diagnostics.length > 0);
      assert.ok(performance.now() - started < 6000, `${performance.now() - started} ms`);
    });

  test('a named pipe instead of waiting for its writer', async () => {
    await using project = await openProject({ 'compose.yaml': 'services: {a: {image: x}}\n' });
    execFileSync('mkfifo', [join(project.directory, 'pipe.yaml')]);
    const { diagnostics } = await project.load({ files: ['compose.yaml', 'pipe.yaml'] });
    assert.deepEqual(shownDiagnostics(diagnostics), ['error model/file-unreadable pipe.yaml:1']);
  });

  test('includes in a circle, missing ones and what they define twice', async () => {
    await using project = await openProject({
      'compose.yaml':
        'include: [one.yaml, gone.yaml, {path: two.yaml}]\nservices:\n  a: {image: x}\n  same: {image: x}\n',
      'one.yaml': 'include: [compose.yaml]\nservices: {b: {image: x}}\n',
      'two.yaml': 'services:\n  a: {image: other}\n  same: {image: x}\n',
    });
    const { diagnostics, services } = await project.load();
    assert.deepEqual(shownDiagnostics(diagnostics).toSorted(), [
      'error model/include-conflict compose.yaml:3',
      'error model/include-cycle one.yaml:1',
      'error model/include-missing compose.yaml:1',
    ]);
    assert.deepEqual([...services.keys()].toSorted(), ['a', 'b', 'same']);
    assert.match(
      diagnostics.find(({ code: found }) => found === 'model/include-cycle')?.message ?? '',
      /compose\.yaml → one\.yaml → compose\.yaml/,
    );
  });

  test('never a value that may be a secret', async () => {
    const canary = 'canary-5f1d';
    const { diagnostics } = await loadText(
      `services:\n  a:\n    image: x\n    privileged: ${canary}\n    command: "${canary} $1"\n    ports: ["${canary}"]\n    environment:\n      P: \${P:?${canary}}\n`,
    );
    assert.equal(diagnostics.length, 4);
    assert.ok(!JSON.stringify(diagnostics).includes(canary));
  });
});

const load = (directory: string): Promise<unknown> => loadStack({ directory, environment: {}, kinds: [] });

describe('loadStack throws where there is no project', () => {
  test('for a directory that is missing or a file', async () => {
    await using project = await openProject({ 'compose.yaml': '' });
    await assert.rejects(load(join(project.directory, 'gone')), code('model/directory-missing'));
    await assert.rejects(load(join(project.directory, 'compose.yaml')), code('model/directory-missing'));
  });

  test('for a directory without Compose file, and for a named file that is missing', async () => {
    await using project = await openProject({ 'readme.md': '' });
    await assert.rejects(project.load(), code('model/no-compose-file'));
    await assert.rejects(project.load({ files: ['gone.yaml'] }), code('model/file-missing'));
  });

  test('takes COMPOSE_FILE, COMPOSE_PROJECT_NAME and absolute names', async () => {
    await using project = await openProject({
      'a.yaml': 'name: ignored\nservices: {a: {image: x}}\n',
      'b.yaml': 'services: {b: {image: x}}\n',
      '.env': 'COMPOSE_FILE=a.yaml:b.yaml\nCOMPOSE_PROJECT_NAME=My Project\n',
      'other.env': 'COMPOSE_PROJECT_NAME=other\n',
    });
    const stack = await project.load();
    assert.deepEqual([stack.name, [...stack.services.keys()]], ['myproject', ['a', 'b']]);
    const named = await project.load({ environment: { COMPOSE_ENV_FILES: 'other.env' }, files: ['b.yaml'] });
    assert.equal(named.name, 'other');
    const other = await project.load({ files: [join(project.directory, 'b.yaml')] });
    assert.deepEqual(other.composeFiles, ['b.yaml']);
  });
});

function byLine(a: string, b: string): number {
  return Number(a.split(':').at(-1)) - Number(b.split(':').at(-1));
}
