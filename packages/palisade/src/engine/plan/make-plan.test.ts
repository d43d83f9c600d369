import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Change, ComposeEdit, ComposeValue, FileMode, FileWrite, Plan } from '../../contracts/change.ts';
import type { Finding } from '../../contracts/finding.ts';
import type { KeyPath } from '../../contracts/location.ts';
import { PalisadeError } from '../../support/errors.ts';
import { applyComposeEdit } from '../../model/index.ts';
import { aFinding, service } from '../fixtures/posture.ts';
import { makePlan, targetOf } from './make-plan.ts';
import { valueDigest } from '../../support/value-digest.ts';

const edit = (path: KeyPath, what: ComposeEdit['edit'], before?: ComposeValue, file = 'compose.yaml'): ComposeEdit => ({
  kind: 'compose-edit',
  file,
  path,
  edit: what,
  expects: before === undefined ? { state: 'absent' } : { state: 'present', digest: valueDigest(before) },
});
const set = (path: KeyPath, value: ComposeValue, before?: ComposeValue): ComposeEdit =>
  edit(path, { op: 'set', value }, before);
const append = (path: KeyPath, value: ComposeValue, before?: ComposeValue): ComposeEdit =>
  edit(path, { op: 'append', value }, before);
const remove = (path: KeyPath, before: ComposeValue): ComposeEdit => edit(path, { op: 'remove' }, before);
const write = (path: string, content = 'text\n', mode = 0o644): FileWrite => ({
  kind: 'file-write',
  path,
  mode,
  content,
  expects: { state: 'absent' },
});
const chmod = (path: string, mode: number): FileMode => ({
  kind: 'file-mode',
  path,
  mode,
  expects: { mode: 0o666 },
});

const asking = (control: string, ...remedy: readonly Change[]): Finding =>
  aFinding({ control, remedy, resource: service('redis') });
const planOf = (...changes: readonly Change[]): Plan =>
  makePlan(changes.map((change, index) => asking(`c/${index}`, change)));
const targets = (plan: Plan): readonly string[] => plan.changes.map(({ change }) => targetOf(change));

describe('what goes into a plan', () => {
  it('numbers the steps and names the findings that they answer', () => {
    const { changes } = planOf(write('a.conf'));
    assert.deepEqual(
      changes.map(({ step, answers }) => [step, answers]),
      [[1, ['c/0 redis']]],
    );
  });

  it('leaves out passes, unknowns and suppressed failures', () => {
    const at = { file: 'palisade.yaml', line: 1, column: 1 };
    const suppression = { control: 'c', resource: '*', reason: 'r', owner: 'o', expires: '2030-01-01', at };
    const base = asking('c/0', write('a.conf'));
    const plan = makePlan([
      { ...base, outcome: 'pass' },
      { ...base, outcome: 'unknown' },
      { ...base, suppression },
    ]);
    assert.deepEqual([plan.changes, plan.manual], [[], []]);
  });

  it('merges equal changes and the findings that they answer', () => {
    const { changes } = makePlan([asking('b/two', write('a.conf')), asking('a/one', write('./a.conf'))]);
    assert.deepEqual(
      changes.map(({ answers }) => answers),
      [['a/one redis', 'b/two redis']],
    );
  });

  it('lists failures without a remedy by the fix of their control', () => {
    const { manual } = makePlan([asking('a/one'), asking('b/two')]);
    assert.deepEqual(manual, [{ instructions: 'bind the port to loopback', answers: ['a/one redis', 'b/two redis'] }]);
  });

  it('leaves changes of services to a plan that asks for them', () => {
    const statement: Change = {
      kind: 'sql-statement',
      service: 'postgres',
      database: 'app',
      statement: 'select 1',
      parameters: {},
      expects: { query: 'select true' },
    };
    const findings = [asking('a/one', statement)];
    const offline = makePlan(findings);
    assert.deepEqual([offline.changes.length, offline.manual.length], [0, 1]);
    const online = makePlan(findings, { kinds: ['sql-statement'] });
    assert.deepEqual([online.changes.length, online.manual.length], [1, 0]);
  });

  it('takes instructions for people into the manual part', () => {
    const { changes, manual } = planOf({ kind: 'manual', instructions: 'call the bank' });
    assert.deepEqual([changes, manual], [[], [{ instructions: 'call the bank', answers: ['c/0 redis'] }]]);
  });

  it('takes extra changes', () => {
    const plan = makePlan([], { extra: [{ change: write('a.conf'), answers: ['x/y redis'] }] });
    assert.deepEqual(plan.changes[0]?.answers, ['x/y redis']);
  });

  for (const path of ['/etc/passwd', '../a', 'a/../../b', '.', ''])
    it(`refuses the path "${path}"`, () => {
      assert.throws(() => planOf(write(path)), { code: 'engine/path-outside-project' });
    });
});

describe('the order of a plan', () => {
  const mixed: readonly Change[] = [
    remove(['services', 'x', 'ports', 0], 'a'),
    append(['services', 'x', 'cap_drop'], 'ALL'),
    set(['services', 'x', 'deploy', 'y'], 1),
    set(['services', 'x', 'deploy'], {}),
    chmod('z.key', 0o600),
    remove(['services', 'x', 'ports', 10], 'b'),
    write('b/c.conf'),
    write('b.conf'),
    remove(['services', 'x', 'ports', 2], 'c'),
  ];
  const expected = [
    'b/c.conf',
    'b.conf',
    'z.key',
    'compose.yaml services.x.deploy',
    'compose.yaml services.x.deploy.y',
    'compose.yaml services.x.cap_drop',
    'compose.yaml services.x.ports.10',
    'compose.yaml services.x.ports.2',
    'compose.yaml services.x.ports.0',
  ];

  it('writes files, then modes, then values, additions, and removals from the back', () => {
    assert.deepEqual(targets(planOf(...mixed)), expected);
  });

  it('and the digest are the same whatever the order of the findings', () => {
    const backwards = makePlan(mixed.map((change, index) => asking(`c/${index}`, change)).toReversed());
    assert.deepEqual(backwards, planOf(...mixed));
  });

  it('changes the digest with any change', () => {
    assert.notEqual(planOf(write('a')).digest, planOf(write('a', 'other\n')).digest);
    assert.match(planOf().digest, /^[0-9a-f]{64}$/);
  });
});

describe('two changes of one place', () => {
  const ports: KeyPath = ['services', 'x', 'ports'];
  const password: KeyPath = ['services', 'x', 'environment', 'PASSWORD'];
  for (const [what, place] of [
    ['a variable', password],
    ['an item of a list', [...ports, 0]],
  ] as const)
    it(`leave the removal alone of ${what} that another would only improve`, () => {
      const better = set(place, 'better', 'bad');
      for (const changes of [
        [better, remove(place, 'bad')],
        [remove(place, 'bad'), better],
      ]) {
        const [only, ...others] = planOf(...changes).changes;
        assert.deepEqual(only?.change, remove(place, 'bad'));
        assert.equal(only.answers.length, 2);
        assert.deepEqual(others, []);
      }
    });
  it('leave the removal alone of an item of a list of which another would improve a part', () => {
    const item: KeyPath = [...ports, 0];
    const part = set([...item, 'host_ip'], '127.0.0.1');
    for (const changes of [
      [part, remove(item, 'bad')],
      [remove(item, 'bad'), part],
    ])
      assert.deepEqual(
        planOf(...changes).changes.map(({ change, answers }) => [change, answers.length]),
        [[remove(item, 'bad'), 2]],
      );
  });
  const conflicts: readonly (readonly [string, Change, Change])[] = [
    ['two values of a key', set(ports, ['a']), set(ports, ['b'])],
    ['a value and a removal', set(ports, ['a'], ['z']), remove(ports, ['z'])],
    ['an addition and a removal', append(ports, 'a', ['z']), remove(ports, ['z'])],
    ['a removal and a value below it', remove(ports, ['z']), set([...ports, 0], 'a', 'z')],
    ['a value and another below it', set(ports, ['a'], ['z']), set([...ports, 0], 'b', 'z')],
    ['a value that is no list and an addition', set(ports, 'a'), append(ports, 'b')],
    ['a scalar and a value below it', set(ports, 'a'), set([...ports, 'k'], 'b')],
    ['two contents of a file', write('a', 'one'), write('a', 'two')],
    ['two modes of a written file', write('a', 'one', 0o644), write('a', 'one', 0o600)],
    ['two modes of a file', chmod('a', 0o600), chmod('a', 0o640)],
    ['a written file and another mode', write('a', 'one', 0o644), chmod('a', 0o600)],
    ['a file and a directory', write('a'), write('a/b')],
    ['a file written whole and an edit of it', write('compose.yaml'), set(ports, ['a'])],
  ];
  for (const [name, first, second] of conflicts)
    it(`conflicts for ${name}, and names both findings`, () => {
      for (const [one, other] of [
        [first, second],
        [second, first],
      ] as const)
        assert.throws(
          () => planOf(one, other),
          (thrown) => {
            assert.ok(thrown instanceof PalisadeError);
            assert.equal(thrown.code, 'engine/plan-conflict');
            assert.match(thrown.message, /c\/0 redis/);
            assert.match(thrown.message, /c\/1 redis/);
            return true;
          },
        );
    });

  const absorbed: readonly (readonly [string, Change, Change, string])[] = [
    [
      'a value and the same value below it',
      set(ports, ['a'], ['z']),
      set([...ports, 0], 'a', 'z'),
      'compose.yaml services.x.ports',
    ],
    ['a list and an addition that it holds', set(ports, ['a']), append(ports, 'a'), 'compose.yaml services.x.ports'],
    ['a removal and one below it', remove(ports, ['z']), remove([...ports, 0], 'z'), 'compose.yaml services.x.ports'],
    [
      'a value without what is removed below it',
      set(ports, ['a'], ['b', 'c']),
      remove([...ports, 1], 'c'),
      'compose.yaml services.x.ports',
    ],
    ['a written file and its mode', write('a', 'one', 0o600), chmod('a', 0o600), 'a'],
  ];
  for (const [name, first, second, target] of absorbed)
    it(`becomes one for ${name}`, () => {
      for (const plan of [planOf(first, second), planOf(second, first)]) {
        assert.deepEqual(targets(plan), [target]);
        assert.deepEqual(plan.changes[0]?.answers, ['c/0 redis', 'c/1 redis']);
      }
    });
});

describe('edits that build on each other', () => {
  const text = 'services:\n  x:\n    ports: [a, b, c]\n    env: {A: "1"}\n';
  const afterAll = (plan: Plan): string =>
    plan.changes.reduce((standing, { change }) => {
      assert.equal(change.kind, 'compose-edit');
      return change.kind === 'compose-edit' ? applyComposeEdit(standing, change) : standing;
    }, text);

  it('expect what stands there when their turn comes', () => {
    const list = ['a', 'b', 'c'];
    const plan = planOf(
      append(['services', 'x', 'ports'], 'd', list),
      append(['services', 'x', 'ports'], 'e', list),
      set(['services', 'x', 'ports', 1], 'B', 'b'),
      remove(['services', 'x', 'ports', 0], 'a'),
      remove(['services', 'x', 'ports', 2], 'c'),
      append(['services', 'x', 'cap_drop'], 'ALL'),
      append(['services', 'x', 'cap_drop'], 'NET_RAW'),
      set(['services', 'x', 'deploy'], { mode: 'global' }),
      set(['services', 'x', 'deploy', 'replicas'], 2),
    );
    const result = afterAll(plan);
    assert.match(result, /ports: \[B, d, e\]\n/);
    assert.match(result, /cap_drop:\s+- ALL\s+- NET_RAW/);
    assert.match(result, /deploy:\s+mode: global\s+replicas: 2/);
  });
});
