import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import type { KeyPath } from '../../contracts/location.ts';
import { PalisadeError } from '../../support/errors.ts';
import { valueDigest } from '../../support/value-digest.ts';
import { applyComposeEdit, applyComposeEdits, composeEditState } from './apply.ts';
import { parseSource, valueOf } from './source.ts';

const edit = (path: KeyPath, change: ComposeEdit['edit'], before?: ComposeValue): ComposeEdit => ({
  kind: 'compose-edit',
  file: 'compose.yaml',
  path,
  edit: change,
  expects: before === undefined ? { state: 'absent' } : { state: 'present', digest: valueDigest(before) },
});
const set = (path: KeyPath, value: ComposeValue, before?: ComposeValue): ComposeEdit =>
  edit(path, { op: 'set', value }, before);
const append = (path: KeyPath, value: ComposeValue): ComposeEdit => edit(path, { op: 'append', value });
const remove = (path: KeyPath, before: ComposeValue): ComposeEdit => edit(path, { op: 'remove' }, before);

const code = (expected: string) => (thrown: unknown) => thrown instanceof PalisadeError && thrown.code === expected;

const lines = (...parts: readonly string[]): string => `${parts.join('\n')}\n`;

const cases: readonly {
  readonly name: string;
  readonly before: string;
  readonly edits: readonly ComposeEdit[];
  readonly after: string;
}[] = [
  {
    name: 'sets a scalar and keeps its gap, comment and neighbours',
    before: lines('services:', '  db:', '    image:   postgres:16 # pinned', '    restart: always'),
    edits: [set(['services', 'db', 'image'], 'postgres:17', 'postgres:16')],
    after: lines('services:', '  db:', '    image:   postgres:17 # pinned', '    restart: always'),
  },
  {
    name: 'keeps the quotes of the value that it replaces',
    before: lines('services:', '  db:', "    user: 'root'", '    pid: "host"'),
    edits: [set(['services', 'db', 'user'], '1000', 'root'), set(['services', 'db', 'pid'], 'x', 'host')],
    after: lines('services:', '  db:', "    user: '1000'", '    pid: "x"'),
  },
  {
    name: 'adds a key behind the last one, at the depth that the file uses, before the comments that follow',
    before: lines(
      'services:',
      '    db:',
      '        image: a',
      '        # more to come',
      '',
      '    web:',
      '        image: b',
    ),
    edits: [set(['services', 'db', 'read_only'], true)],
    after: lines(
      'services:',
      '    db:',
      '        image: a',
      '        read_only: true',
      '        # more to come',
      '',
      '    web:',
      '        image: b',
    ),
  },
  {
    name: 'adds missing parents',
    before: lines('services:', '  db:', '    image: a'),
    edits: [
      set(['services', 'db', 'deploy', 'resources', 'limits', 'memory'], '1g'),
      set(['services', 'db', 'deploy', 'resources', 'limits', 'cpus'], '0.5'),
    ],
    after: lines(
      'services:',
      '  db:',
      '    image: a',
      '    deploy:',
      '      resources:',
      '        limits:',
      '          memory: 1g',
      '          cpus: "0.5"',
    ),
  },
  {
    name: 'fills a key that has no value and keeps its comment',
    before: lines('services:', '  db:', '    environment: # later', '    image: a', 'volumes:', '  data:'),
    edits: [set(['services', 'db', 'environment', 'A'], 'b'), set(['volumes', 'data', 'external'], true)],
    after: lines(
      'services:',
      '  db:',
      '    environment: # later',
      '      A: b',
      '    image: a',
      'volumes:',
      '  data:',
      '    external: true',
    ),
  },
  {
    name: 'quotes texts that YAML 1.1 reads as something else',
    before: lines('services:', '  db:', '    image: a'),
    edits: [
      'on',
      '0440',
      '22:22',
      '1e3',
      '~',
      'null',
      '2001-01-01',
      '',
      '1_000',
      '- x',
      'a: b',
      'a #b',
      ' a',
      '{a}',
      '@a',
    ].map((value, index) => set(['services', 'db', `x-${index}`], value)),
    after: lines(
      'services:',
      '  db:',
      '    image: a',
      '    x-0: "on"',
      '    x-1: "0440"',
      '    x-2: "22:22"',
      '    x-3: "1e3"',
      '    x-4: "~"',
      '    x-5: "null"',
      '    x-6: "2001-01-01"',
      '    x-7: ""',
      '    x-8: "1_000"',
      '    x-9: "- x"',
      '    x-10: "a: b"',
      '    x-11: "a #b"',
      '    x-12: " a"',
      '    x-13: "{a}"',
      '    x-14: "@a"',
    ),
  },
  {
    name: 'appends to a list that stands at the depth of its key, in the quotes of its last item',
    before: lines('services:', '  db:', '    ports:', '    - "1:1" # one', '    - "2:2"', '    image: a'),
    edits: [append(['services', 'db', 'ports'], '3:3'), append(['services', 'db', 'ports'], '4:4')],
    after: lines(
      'services:',
      '  db:',
      '    ports:',
      '    - "1:1" # one',
      '    - "2:2"',
      '    - "3:3"',
      '    - "4:4"',
      '    image: a',
    ),
  },
  {
    name: 'appends a mapping to a list, and creates a list where there is none',
    before: lines('services:', '  db:', '    volumes:', '      - a:/a'),
    edits: [
      append(['services', 'db', 'volumes'], { type: 'bind', source: './x', target: '/x', read_only: true }),
      append(['services', 'db', 'cap_drop'], 'ALL'),
    ],
    after: lines(
      'services:',
      '  db:',
      '    volumes:',
      '      - a:/a',
      '      - type: bind',
      '        source: ./x',
      '        target: /x',
      '        read_only: true',
      '    cap_drop:',
      '      - ALL',
    ),
  },
  {
    name: 'edits flow collections in place',
    before: lines(
      'services:',
      '  db: {image: a, command: ["x", "y"]} # flow',
      '  web:',
      '    command: [',
      '      "one",',
      '      "two"',
      '    ]',
      '    environment: {}',
      '    tmpfs: []',
    ),
    edits: [
      append(['services', 'db', 'command'], 'z'),
      set(['services', 'db', 'read_only'], true),
      append(['services', 'web', 'command'], 'three'),
      set(['services', 'web', 'environment', 'A'], 'on'),
      append(['services', 'web', 'tmpfs'], '/run'),
    ],
    after: lines(
      'services:',
      '  db: {image: a, command: ["x", "y", "z"], read_only: true} # flow',
      '  web:',
      '    command: [',
      '      "one",',
      '      "two",',
      '      "three"',
      '    ]',
      '    environment: { A: "on" }',
      '    tmpfs:',
      '      - /run',
    ),
  },
  {
    name: 'removes keys and items, the last one leaving an empty collection',
    before: lines(
      'services:',
      '  db:',
      '    privileged: true # why?',
      '    ports:',
      '      - "1:1"',
      '      - "2:2" # two',
      '    cap_add: [A, B, C]',
      '    environment:',
      '      TOKEN: root',
      '    image: a',
    ),
    edits: [
      remove(['services', 'db', 'privileged'], true),
      remove(['services', 'db', 'ports', 0], '1:1'),
      remove(['services', 'db', 'ports', 1], '2:2'),
      remove(['services', 'db', 'cap_add', 1], 'B'),
      remove(['services', 'db', 'environment', 'TOKEN'], 'root'),
    ],
    after: lines('services:', '  db:', '    ports: []', '    cap_add: [A, C]', '    environment: {}', '    image: a'),
  },
  {
    name: 'removes the first key behind a dash, and the last line of a file without final line break',
    before: 'services:\n  db:\n    ports:\n      - mode: host\n        target: 1\n    image: a\n    pid: host',
    edits: [remove(['services', 'db', 'ports', 0, 'mode'], 'host'), remove(['services', 'db', 'pid'], 'host')],
    after: 'services:\n  db:\n    ports:\n      - target: 1\n    image: a',
  },
  {
    name: 'adds to a file without final line break, and to one with carriage returns',
    before: 'services:\r\n  db:\r\n    image: a',
    edits: [set(['services', 'db', 'ports'], ['127.0.0.1:1:1']), set(['networks', 'data'], { internal: true })],
    after:
      'services:\r\n  db:\r\n    image: a\r\n    ports:\r\n      - 127.0.0.1:1:1\r\nnetworks:\r\n  data:\r\n    internal: true',
  },
  {
    name: 'adds a key to a file with a byte order mark, and one to the last of several documents that has the service',
    before: '\uFEFFservices:\n  a:\n    image: x\n---\nservices:\n  a:\n    user: "1"\n---\nx-other: 1\n',
    edits: [set(['networks', 'net'], null), set(['services', 'a', 'read_only'], true)],
    after:
      '\uFEFFservices:\n  a:\n    image: x\n---\nservices:\n  a:\n    user: "1"\n    read_only: true\n---\nx-other: 1\nnetworks:\n  net:\n',
  },
  {
    name: 'adds a top-level key behind a byte order mark',
    before: '\uFEFFservices:\n  a:\n    image: x\n',
    edits: [set(['networks', 'net', 'internal'], true)],
    after: '\uFEFFservices:\n  a:\n    image: x\nnetworks:\n  net:\n    internal: true\n',
  },
  {
    name: 'replaces an alias with values of its own and leaves the anchor alone',
    before: lines(
      'x-log: &log # shared',
      '  driver: json-file',
      'services:',
      '  a:',
      '    logging: *log # mine',
      '  b:',
      '    logging: *log',
    ),
    edits: [set(['services', 'a', 'logging', 'options', 'max-size'], '10m')],
    after: lines(
      'x-log: &log # shared',
      '  driver: json-file',
      'services:',
      '  a:',
      '    logging: # mine',
      '      driver: json-file',
      '      options:',
      '        max-size: 10m',
      '  b:',
      '    logging: *log',
    ),
  },
  {
    name: 'gives a merged key a value of its own in the service',
    before: lines(
      'x-base: &base',
      '  privileged: true',
      '  ports: ["1:1"]',
      'services:',
      '  a:',
      '    <<: *base',
      '    image: x',
    ),
    edits: [set(['services', 'a', 'privileged'], false, true), append(['services', 'a', 'ports'], '2:2')],
    after: lines(
      'x-base: &base',
      '  privileged: true',
      '  ports: ["1:1"]',
      'services:',
      '  a:',
      '    <<: *base',
      '    image: x',
      '    privileged: false',
      '    ports:',
      '      - "1:1"',
      '      - "2:2"',
    ),
  },
  {
    name: 'takes a merged variable away by writing the others out',
    before: lines(
      'x-env: &env',
      '  TOKEN: root',
      '  ADDR: vault',
      'services:',
      '  a:',
      '    environment:',
      '      <<: *env',
      '      OWN: "1"',
    ),
    edits: [remove(['services', 'a', 'environment', 'TOKEN'], 'root')],
    after: lines(
      'x-env: &env',
      '  TOKEN: root',
      '  ADDR: vault',
      'services:',
      '  a:',
      '    environment:',
      '      OWN: "1"',
      '      ADDR: vault',
    ),
  },
  {
    name: 'moves an anchor to its first alias where its value goes',
    before: lines(
      'services:',
      '  a:',
      '    environment: &env',
      '      A: b',
      '    image: x',
      '  b:',
      '    environment: *env',
      '  c:',
      '    environment: *env',
    ),
    edits: [remove(['services', 'a', 'environment'], { A: 'b' })],
    after: lines(
      'services:',
      '  a:',
      '    image: x',
      '  b:',
      '    environment: &env',
      '      A: b',
      '  c:',
      '    environment: *env',
    ),
  },
  {
    name: 'changes only the parts of a collection that differ',
    before: lines(
      'services:',
      '  a:',
      '    command:',
      '      - server # runs it',
      '      - -dev',
      '      - -log=debug',
      '    logging:',
      '      driver: json-file # default',
      '      options:',
      '        max-size: 10m',
    ),
    edits: [
      set(['services', 'a', 'command'], ['server', '-log=debug', '-x'], ['server', '-dev', '-log=debug']),
      set(
        ['services', 'a', 'logging'],
        { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
        { driver: 'json-file', options: { 'max-size': '10m' } },
      ),
    ],
    after: lines(
      'services:',
      '  a:',
      '    command:',
      '      - server # runs it',
      '      - -log=debug',
      '      - -x',
      '    logging:',
      '      driver: json-file # default',
      '      options:',
      '        max-size: 10m',
      '        max-file: "3"',
    ),
  },
  {
    name: 'replaces a mapping by a list, a list by a value and a block text by a line',
    before: lines(
      'services:',
      '  a:',
      '    environment: # e',
      '      A: b # gone',
      '    tmpfs:',
      '      - /a',
      '    command: |',
      '      long',
      '      text',
      '',
      '    image: x',
    ),
    edits: [
      set(['services', 'a', 'environment'], ['A=c'], { A: 'b' }),
      set(['services', 'a', 'tmpfs'], '/b', ['/a']),
      set(['services', 'a', 'command'], 'short', 'long\ntext\n'),
    ],
    after: lines(
      'services:',
      '  a:',
      '    environment: # e',
      '      - A=c',
      '    tmpfs: /b',
      '    command: short',
      '',
      '    image: x',
    ),
  },
  {
    name: 'adds behind a block text that ends the service',
    before: lines('services:', '  a:', '    command: |', '      long', '', '', '  b:', '    image: x'),
    edits: [set(['services', 'a', 'user'], '1000:1000')],
    after: lines(
      'services:',
      '  a:',
      '    command: |',
      '      long',
      '    user: 1000:1000',
      '',
      '',
      '  b:',
      '    image: x',
    ),
  },
  {
    name: 'writes merge tags',
    before: lines('services:', '  a:', '    ports:', '      - "1:1"'),
    edits: [
      edit(['services', 'a', 'ports'], { op: 'set', value: ['2:2'], tag: '!override' }, ['1:1']),
      edit(['services', 'a', 'volumes'], { op: 'set', value: null, tag: '!reset' }),
    ],
    after: lines('services:', '  a:', '    ports: !override', '      - "2:2"', '    volumes: !reset null'),
  },
  {
    name: 'finds an item again after earlier removals have moved it',
    before: lines('services:', '  a:', '    ports:', '      - "1:1"', '      - "2:2"', '      - "3:3"'),
    edits: [
      remove(['services', 'a', 'ports', 0], '1:1'),
      set(['services', 'a', 'ports', 2], '127.0.0.1:3:3', '3:3'),
      remove(['services', 'a', 'ports', 1], '2:2'),
    ],
    after: lines('services:', '  a:', '    ports:', '      - "127.0.0.1:3:3"'),
  },
];

describe('applyComposeEdits', () => {
  for (const { name, before, edits, after } of cases)
    test(name, () => {
      assert.equal(applyComposeEdits(before, edits), after);
      assert.equal(applyComposeEdits(after, edits), after, 'a second time changes nothing');
    });

  test('refuses to touch a value that has changed since', () => {
    const text = lines('services:', '  a:', '    image: new');
    assert.throws(() => applyComposeEdit(text, set(['services', 'a', 'image'], 'x', 'old')), code('model/edit-drift'));
    assert.throws(() => applyComposeEdit(text, remove(['services', 'a', 'image'], 'old')), code('model/edit-drift'));
    assert.throws(() => applyComposeEdit(text, set(['services', 'a', 'image'], 'x')), code('model/edit-drift'));
    assert.throws(() => applyComposeEdit(text, set(['services', 'a', 'user'], 'x', 'root')), code('model/edit-drift'));
  });

  test('makes no edit at all where one of several has drifted', () => {
    const text = lines('services:', '  a:', '    image: new');
    assert.throws(
      () => applyComposeEdits(text, [set(['services', 'a', 'user'], '1'), set(['services', 'a', 'image'], 'x', 'old')]),
      code('model/edit-drift'),
    );
  });

  test('refuses a text that is not YAML and a path through a single value', () => {
    assert.throws(() => applyComposeEdit('a: [', set(['a'], 1)), code('model/edit-impossible'));
    assert.throws(
      () => applyComposeEdit(lines('services:', '  a: text'), set(['services', 'a', 'image'], 'x')),
      code('model/edit-impossible'),
    );
  });

  test('tells pending, done and drifted apart', () => {
    const wish = set(['services', 'a', 'image'], 'new', 'old');
    assert.equal(composeEditState(lines('services:', '  a:', '    image: old'), wish), 'pending');
    assert.equal(composeEditState(lines('services:', '  a:', '    image: new'), wish), 'done');
    assert.equal(composeEditState(lines('services:', '  a:', '    image: other'), wish), 'drifted');
  });

  test('reads what it wrote', () => {
    const value = { list: ['a', { b: 'c: d', e: [] }, ['x', ['y']], null], '0440': 'on', empty: {}, n: 1.5, t: true };
    const text = applyComposeEdit(lines('services:', '  a:', '    image: x'), set(['services', 'a', 'x-v'], value));
    const source = parseSource(text, { file: 'f', path: [] });
    assert.deepEqual(valueOf(source, source.root), { services: { a: { image: 'x', 'x-v': value } } });
  });
});
