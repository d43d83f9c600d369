import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ComposeEdit } from '../contracts/change.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { applyComposeEdits } from './edit/apply.ts';
import {
  appendToServiceKey,
  removeEnvironment,
  removeServiceItem,
  removeServiceKey,
  setEnvironment,
  setServiceItem,
  setServiceKey,
  setTopLevelKey,
} from './edits.ts';
import { openProject, serviceOf } from './testing.ts';

type Files = { readonly [path: string]: string };

/** Loads files, applies what `build` returns, and loads the result. */
const edited = async (
  files: Files,
  build: (stack: Stack) => readonly ComposeEdit[],
): Promise<{ readonly files: Files; readonly stack: Stack; readonly left: readonly ComposeEdit[] }> => {
  await using project = await openProject(files);
  const before = await project.load();
  const edits = build(before);
  const after = Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      file,
      applyComposeEdits(
        text,
        edits.filter((edit) => edit.file === file),
      ),
    ]),
  );
  await using changed = await openProject(after);
  const stack = await changed.load();
  assert.deepEqual(
    stack.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
    JSON.stringify(after),
  );
  return { files: after, stack, left: build(stack) };
};

const ports = ({ ports: all }: Service): readonly unknown[] =>
  all.map(({ hostAddress, published }) => [hostAddress, published]);

describe('builders of edits', () => {
  test('set, append and remove keys of one service together, and have nothing to do a second time', async () => {
    const { files, left } = await edited(
      {
        'compose.yaml': `services:
  db:
    image: x # keep
    privileged: true
    cap_add: [NET_ADMIN]
    environment:
      - A=1
      - TOKEN=root
`,
      },
      (stack) => [
        ...setServiceKey(stack, 'db', ['read_only'], true),
        ...appendToServiceKey(stack, 'db', ['security_opt'], 'no-new-privileges:true'),
        ...appendToServiceKey(stack, 'db', ['security_opt'], 'apparmor=docker-default'),
        ...setServiceKey(stack, 'db', ['deploy', 'resources', 'limits', 'memory'], '1g'),
        ...setServiceKey(stack, 'db', ['deploy', 'resources', 'limits', 'pids'], 100),
        ...removeServiceKey(stack, 'db', ['privileged']),
        ...setServiceKey(stack, 'db', ['cap_add'], ['CHOWN']),
        ...setEnvironment(stack, 'db', 'A', '2'),
        ...setEnvironment(stack, 'db', 'B', 'on'),
        ...setServiceKey(stack, 'db', ['environment', 'C'], 'c'),
        ...removeEnvironment(stack, 'db', 'TOKEN'),
        ...setTopLevelKey(stack, ['networks', 'data', 'internal'], true),
      ],
    );
    assert.equal(
      files['compose.yaml'],
      `services:
  db:
    image: x # keep
    cap_add: [CHOWN]
    environment:
      - A=2
      - B=on
      - C=c
    read_only: true
    security_opt:
      - no-new-privileges:true
      - apparmor=docker-default
    deploy:
      resources:
        limits:
          memory: 1g
          pids: 100
networks:
  data:
    internal: true
`,
    );
    assert.deepEqual(left, []);
  });

  test('change what a merge key or alias brings in the service alone', async () => {
    const { files, stack, left } = await edited(
      {
        'compose.yaml': `x-base: &base
  privileged: true
  cap_add: [ALL]
  environment: &env
    TOKEN: root
    ADDR: vault
  ports: &ports
    - "1:1"
services:
  a:
    <<: *base
    image: x
  b:
    <<: *base
    image: x
    ports: *ports
`,
      },
      (stack) => [
        ...removeServiceKey(stack, 'a', ['privileged']),
        ...removeServiceKey(stack, 'a', ['cap_add']),
        ...removeEnvironment(stack, 'a', 'TOKEN'),
        ...setServiceKey(stack, 'b', ['ports', 0], '127.0.0.1:1:1'),
        ...setEnvironment(stack, 'b', 'ADDR', 'https://vault'),
      ],
    );
    assert.equal(
      files['compose.yaml'],
      `x-base: &base
  privileged: true
  cap_add: [ALL]
  environment: &env
    TOKEN: root
    ADDR: vault
  ports: &ports
    - "1:1"
services:
  a:
    <<: *base
    image: x
    privileged: false
    cap_add: []
    environment:
      ADDR: vault
  b:
    <<: *base
    image: x
    ports:
      - "127.0.0.1:1:1"
    environment:
      TOKEN: root
      ADDR: https://vault
`,
    );
    const a = serviceOf(stack, 'a');
    assert.deepEqual([a.privileged?.value, a.capAdd, [...a.environment.keys()]], [false, [], ['ADDR']]);
    assert.deepEqual(left, []);
  });

  test('reach through a service that another one merges, and leave that one what it had in the end', async () => {
    const { stack, left } = await edited(
      {
        'compose.yaml': `services:
  one: &one
    image: x
    ports: ["1:1"]
  two:
    <<: *one
    ports: ["2:2"]
`,
      },
      (stack) => [
        ...setServiceKey(stack, 'one', ['mem_limit'], '1g'),
        ...setServiceKey(stack, 'two', ['mem_limit'], '2g'),
        ...appendToServiceKey(stack, 'one', ['cap_drop'], 'ALL'),
        ...appendToServiceKey(stack, 'two', ['cap_drop'], 'ALL'),
      ],
    );
    assert.deepEqual(
      ['one', 'two'].map((name) => serviceOf(stack, name).limits.memory?.value),
      [1024 ** 3, 2 * 1024 ** 3],
    );
    assert.deepEqual(
      ['one', 'two'].map((name) => serviceOf(stack, name).capDrop.map(({ value }) => value)),
      [['ALL'], ['ALL']],
    );
    assert.deepEqual(left, []);
  });

  test('find the file that a value comes from, and clear every file of what they remove or replace', async () => {
    const { files, stack, left } = await edited(
      {
        'compose.yaml':
          'services:\n  a:\n    image: x\n    ports:\n      - "1:1"\n    pid: host\n    cap_add: [A]\n    environment: {T: 1}\n',
        'compose.override.yaml':
          'services:\n  a:\n    ports:\n      - "2:2"\n    pid: host\n    cap_add: [B]\n    environment: [T=2]\n',
      },
      (stack) => [
        ...setServiceKey(stack, 'a', ['ports', 0], '127.0.0.1:1:1'),
        ...setServiceKey(stack, 'a', ['ports', 1], '127.0.0.1:2:2'),
        ...setServiceKey(stack, 'a', ['image'], 'z'),
        ...removeServiceKey(stack, 'a', ['pid']),
        ...setServiceKey(stack, 'a', ['cap_add'], ['C']),
        ...removeEnvironment(stack, 'a', 'T'),
      ],
    );
    assert.deepEqual(files, {
      'compose.yaml': 'services:\n  a:\n    image: z\n    ports:\n      - "127.0.0.1:1:1"\n    environment: {}\n',
      'compose.override.yaml':
        'services:\n  a:\n    ports:\n      - "127.0.0.1:2:2"\n    cap_add: [C]\n    environment: []\n',
    });
    assert.equal(serviceOf(stack, 'a').environment.has('T'), false);
    assert.deepEqual(left, []);
  });

  test('override what comes from an extended service without touching that', async () => {
    const base =
      'services:\n  base:\n    image: x\n    privileged: true\n    ports: ["1:1"]\n    cap_add: [A]\n    environment: {T: root, U: u}\n';
    const { files, stack, left } = await edited(
      {
        'compose.yaml': 'services:\n  a:\n    extends: {file: base.yaml, service: base}\n    user: "1"\n',
        'base.yaml': base,
      },
      (stack) => [
        ...removeServiceKey(stack, 'a', ['privileged']),
        ...removeServiceKey(stack, 'a', ['ports']),
        ...setServiceKey(stack, 'a', ['cap_add'], ['B']),
        ...removeEnvironment(stack, 'a', 'T'),
      ],
    );
    assert.equal(files['base.yaml'], base);
    const a = serviceOf(stack, 'a');
    assert.deepEqual([a.privileged?.value, a.ports, a.capAdd.map(({ value }) => value)], [false, [], ['B']]);
    assert.deepEqual([...a.environment.keys()], ['U']);
    assert.deepEqual(left, []);
  });

  test('find items by their place', async () => {
    const { stack, left } = await edited(
      {
        'compose.yaml': 'services:\n  a:\n    image: x\n    ports: ["1:1", "bad", "2:2", "3:3"]\n'.replace(
          '"bad", ',
          '',
        ),
      },
      (stack) => {
        const [, second, third] = serviceOf(stack, 'a').ports;
        return [
          ...(second === undefined ? [] : removeServiceItem(stack, 'a', 'ports', second.at)),
          ...(third === undefined ? [] : setServiceItem(stack, 'a', 'ports', third.at, '127.0.0.1:3:3')),
        ];
      },
    );
    assert.deepEqual(ports(serviceOf(stack, 'a')), [
      ['', 1],
      ['127.0.0.1', 3],
    ]);
    assert.equal(left.length, 1, 'what was third is second now');
  });

  test('turn a single value into a list, and add to names that are written as a mapping', async () => {
    const { files } = await edited(
      {
        'compose.yaml': `services:
  a:
    image: x
    tmpfs: /run
    networks: {one: {aliases: [b]}}
    labels: {l: "1"}
    depends_on: {b: {condition: service_healthy}}
  b: {image: x}
  c: {image: x}
networks: {one: {}, two: {}}
`,
      },
      (stack) => [
        ...appendToServiceKey(stack, 'a', ['tmpfs'], '/tmp'),
        ...appendToServiceKey(stack, 'a', ['tmpfs'], '/run'),
        ...appendToServiceKey(stack, 'a', ['networks'], 'two'),
        ...appendToServiceKey(stack, 'a', ['labels'], 'm=2'),
        ...appendToServiceKey(stack, 'a', ['depends_on'], 'c'),
      ],
    );
    assert.match(files['compose.yaml'] ?? '', /tmpfs:\n {6}- \/run\n {6}- \/tmp\n/);
    assert.match(files['compose.yaml'] ?? '', /networks: \{one: \{aliases: \[b\]\}, two: null\}\n/);
    assert.match(files['compose.yaml'] ?? '', /labels: \{l: "1", m: "2"\}\n/);
    assert.match(files['compose.yaml'] ?? '', /c: \{ condition: service_started \}/);
  });

  test('answer nothing for a service that is not there, and for what is as wanted', async () => {
    await using project = await openProject({
      'compose.yaml':
        'services:\n  a:\n    image: x\n    read_only: true\n    environment: {A: true}\n    cap_drop: [ALL]\n',
    });
    const stack = await project.load();
    assert.deepEqual(setServiceKey(stack, 'gone', ['read_only'], true), []);
    assert.deepEqual(removeServiceKey(stack, 'a', ['pid']), []);
    assert.deepEqual(setServiceKey(stack, 'a', ['read_only'], true), []);
    assert.deepEqual(setEnvironment(stack, 'a', 'A', 'true'), []);
    assert.deepEqual(appendToServiceKey(stack, 'a', ['cap_drop'], 'ALL'), []);
    assert.deepEqual(setServiceKey(stack, 'a', ['ports', 0], 'x'), []);
  });

  test('work on a copy of a stack and on one whose origin is not remembered', async () => {
    await using project = await openProject({ 'compose.yaml': 'services:\n  a:\n    image: x\n' });
    const stack = await project.load();
    const expected = setServiceKey(stack, 'a', ['read_only'], true);
    assert.equal(expected.length, 1);
    assert.deepEqual(setServiceKey({ ...stack }, 'a', ['read_only'], true), expected);
    assert.deepEqual(setServiceKey({ ...stack, sources: new Map(stack.sources) }, 'a', ['read_only'], true), expected);
  });
});
