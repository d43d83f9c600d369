import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Suppression } from '../../contracts/configuration.ts';
import type { AnyControl, Observation } from '../../contracts/control.ts';
import type { Answer, ListenerEvidence } from '../../contracts/evidence.ts';
import type { Assessment, Finding } from '../../contracts/finding.ts';
import type { ServiceKind } from '../../contracts/service-kind.ts';
import { evidenceFrom } from '../evidence.ts';
import { aControl, aService, aStack, aStaticControl, saw, service } from '../fixtures/posture.ts';
import { assess } from './assess.ts';

const now = new Date('2026-03-10T12:00:00Z');
const stack = aStack([aService('postgres', 'postgres'), aService('redis', 'redis')]);
const listeners: ListenerEvidence = { listeners: [] };

const evidenceOf = (answers: { readonly [service: string]: Answer<ListenerEvidence> }) =>
  evidenceFrom(Object.entries(answers).map(([name, answer]) => ({ name: 'listeners', service: name, answer })));

const allAnswered = evidenceOf({
  postgres: { known: true, value: listeners },
  redis: { known: true, value: listeners },
});

const twoSided = (files: readonly Observation[], running: readonly Observation[]): AnyControl =>
  aControl('net/port', { static: () => files, live: { needs: ['listeners'], assess: () => running } });

const about = (assessment: Assessment, name: string): readonly Finding[] =>
  assessment.findings.filter(({ resource }) => resource.type === 'service' && resource.name === name);

const only = (findings: readonly Finding[]): Finding => {
  assert.equal(findings.length, 1);
  const [finding] = findings;
  assert.ok(finding);
  return finding;
};

const failingBy = (key: string, message: string, line?: number): Observation => ({
  ...saw('fail', 'postgres', message, line),
  outcome: 'fail',
  key,
});

const printOf = (observation: Observation): string =>
  only(assess({ stack, controls: [aStaticControl('net/port', [observation])], now }).findings).fingerprint;

const suppression = (options: Partial<Suppression>): Suppression => ({
  control: 'net/port',
  resource: 'postgres',
  reason: 'behind a firewall',
  owner: 'ops',
  expires: '2026-03-10',
  at: { file: 'palisade.yaml', line: 3, column: 5 },
  ...options,
});

const findingUnder = (entry: Suppression, outcome: Observation['outcome'] = 'fail'): Finding =>
  only(
    assess({
      stack: aStack([aService('postgres')], { suppressions: [entry] }),
      controls: [aStaticControl('net/port', [saw(outcome, 'postgres', 'open')], { aliases: ['N01'] })],
      now,
    }).findings,
  );

const orderOf = (list: readonly AnyControl[]): readonly string[] =>
  assess({ stack, controls: list, now }).findings.map(({ control }) => control);

describe('merging what files and running services say', () => {
  const outcomes = ['fail', 'unknown', 'pass', 'not-applicable'] as const;
  for (const [rank, files] of outcomes.entries())
    for (const [other, running] of outcomes.entries()) {
      const worst = outcomes[Math.min(rank, other)];
      it(`makes ${worst} of ${files} in the files and ${running} in the running service`, () => {
        const control = twoSided([saw(files, 'postgres', 'text A', 4)], [saw(running, 'postgres', 'text B')]);
        const finding = only(about(assess({ stack, controls: [control], evidence: allAnswered, now }), 'postgres'));
        assert.equal(finding.outcome, worst);
        assert.match(finding.message, /text A/);
        assert.match(finding.message, /text B/);
        assert.equal(finding.source, other <= rank ? 'live' : 'static');
      });
    }

  it('says once what both sides say in the same words', () => {
    const control = twoSided([saw('pass', 'postgres', 'closed')], [saw('pass', 'postgres', 'closed')]);
    const finding = only(about(assess({ stack, controls: [control], evidence: allAnswered, now }), 'postgres'));
    assert.equal(finding.message, 'closed');
  });

  it('keeps the line of the files when the running service confirms the failure', () => {
    const control = twoSided([saw('fail', 'postgres', 'open', 7)], [saw('fail', 'postgres', 'answers anyone')]);
    const finding = only(about(assess({ stack, controls: [control], evidence: allAnswered, now }), 'postgres'));
    assert.equal(finding.at?.line, 7);
    assert.equal(finding.source, 'live');
  });

  it('keeps two failures of one service apart', () => {
    const control = aStaticControl('net/port', [
      saw('fail', 'postgres', 'port 1', 4),
      saw('fail', 'postgres', 'port 2', 5),
    ]);
    assert.equal(about(assess({ stack, controls: [control], now }), 'postgres').length, 2);
  });

  it('gives a live failure to the static failure with the same key', () => {
    const control = twoSided(
      [failingBy('5432', 'port 5432', 4), failingBy('9187', 'port 9187', 5)],
      [failingBy('9187', 'answers on 9187')],
    );
    const found = about(assess({ stack, controls: [control], evidence: allAnswered, now }), 'postgres');
    assert.deepEqual(
      found.map(({ message, source }) => [message, source]),
      [
        ['port 5432', 'static'],
        ['port 9187 (the running service: answers on 9187)', 'live'],
      ],
    );
  });
});

const kindOf = (id: string): ServiceKind => ({
  id,
  title: id,
  matches: () => 0,
  ports: {},
  storesData: true,
  capabilities: [],
  writablePaths: [],
  probes: [{ evidence: 'listeners', collect: async () => listeners }],
});

const stateWith = (kind: string): string | undefined => {
  const live = aControl('net/live', { checklist: ['firewall'], live: { needs: ['listeners'], assess: () => [] } });
  const files = aStaticControl('net/files', [saw('pass', 'redis', 'fine')], { checklist: ['firewall'] });
  const { checklist } = assess({ stack, controls: [live, files], now, kinds: [kindOf(kind)] });
  return checklist.find(({ item }) => item === 'firewall')?.state;
};

describe('what does not run', () => {
  it('makes an unknown of a control that throws, keeps what it said before, and goes on', () => {
    const thrower = aControl('bad/thrower', {
      static: function* () {
        yield saw('pass', 'redis', 'fine so far');
        throw new Error('out of paper');
      },
    });
    const good = aStaticControl('good/one', [saw('pass', 'postgres', 'fine')]);
    const { findings } = assess({ stack, controls: [thrower, good], now });
    assert.deepEqual(
      findings.map(({ control, outcome }) => `${control} ${outcome}`),
      ['bad/thrower unknown', 'bad/thrower pass', 'good/one pass'],
    );
    assert.match(findings[0]?.message ?? '', /out of paper/);
  });

  it('counts live parts in a static assessment and runs none', () => {
    const live = aControl('net/live', {
      live: {
        needs: ['listeners'],
        assess: () => assert.fail('must not run'),
      },
    });
    const { findings, liveControlsNotRun, mode } = assess({ stack, controls: [live], now });
    assert.deepEqual([findings.length, liveControlsNotRun, mode], [0, 1, 'static']);
  });

  it('leaves an item of the checklist unknown where a live control of it had something to look at', () => {
    assert.deepEqual([stateWith('redis'), stateWith('mysql')], ['unknown', 'pass']);
  });

  const silent = aControl('net/live', { live: { needs: ['listeners'], assess: () => [] } });

  it('makes an unknown for each service whose evidence was not collected', () => {
    const { findings } = assess({ stack, controls: [silent], evidence: evidenceOf({}), now });
    assert.deepEqual(
      findings.map(({ resource, outcome }) => [resource, outcome]),
      [
        [service('postgres'), 'unknown'],
        [service('redis'), 'unknown'],
      ],
    );
  });

  it('does not let a control pass over an unknown answer in silence', () => {
    const evidence = evidenceOf({
      postgres: { known: false, why: 'connection refused' },
      redis: { known: true, value: listeners },
    });
    const finding = only(assess({ stack, controls: [silent], evidence, now }).findings);
    assert.equal(finding.outcome, 'unknown');
    assert.match(finding.message, /postgres could not be asked.*connection refused/);
  });

  it('asks only the services of the kind whose probe collects the evidence', () => {
    const { findings } = assess({ stack, controls: [silent], evidence: evidenceOf({}), now, kinds: [kindOf('redis')] });
    assert.deepEqual(only(findings).resource, service('redis'));
  });

  it('leaves inactive services alone', () => {
    const sleeping = aStack([aService('postgres', 'postgres', false)]);
    assert.deepEqual(assess({ stack: sleeping, controls: [silent], evidence: evidenceOf({}), now }).findings, []);
  });
});

describe('fingerprints', () => {
  it('stays when lines are inserted above', () => {
    assert.equal(printOf(saw('fail', 'postgres', 'open', 4)), printOf(saw('fail', 'postgres', 'open', 400)));
  });

  const same: readonly (readonly [string, string])[] = [
    ['expires in 12 days', 'expires in 3 days'],
    ['expired on 2026-01-02', 'expired on 2026-03-09T10:00:00Z'],
    ['see line 12', 'see line 14'],
    ['set in conf/redis.conf:12', 'set in conf/redis.conf:90:3'],
    ['Port  open', 'port open'],
  ];
  for (const [a, b] of same)
    it(`stays between "${a}" and "${b}"`, () => {
      assert.equal(printOf(saw('fail', 'postgres', a)), printOf(saw('fail', 'postgres', b)));
    });

  it('differs for other resources, other controls and other ports', () => {
    const base = printOf(saw('fail', 'postgres', 'port 5432 is open'));
    assert.notEqual(base, printOf(saw('fail', 'redis', 'port 5432 is open')));
    assert.notEqual(
      base,
      printOf({ ...saw('fail', 'postgres', 'port 5432 is open'), resource: { type: 'network', name: 'postgres' } }),
    );
    assert.notEqual(base, printOf(saw('fail', 'postgres', 'port 5433 is open')));
    const other = assess({
      stack,
      controls: [aStaticControl('net/other', [saw('fail', 'postgres', 'port 5432 is open')])],
      now,
    });
    assert.notEqual(base, only(other.findings).fingerprint);
  });

  it('holds on to the key where the message is reworded', () => {
    assert.equal(printOf(failingBy('5432', 'port is open')), printOf(failingBy('5432', 'everyone reaches the port')));
  });

  it('tells equal failures on different lines apart, the same way each time', () => {
    const control = aStaticControl('net/port', [
      saw('fail', 'postgres', 'open', 4),
      saw('fail', 'postgres', 'open', 9),
    ]);
    const prints = assess({ stack, controls: [control], now }).findings.map(({ fingerprint }) => fingerprint);
    assert.equal(new Set(prints).size, 2);
    assert.deepEqual(
      prints,
      assess({ stack, controls: [control], now }).findings.map(({ fingerprint }) => fingerprint),
    );
  });

  it('stays when the running service confirms what the files say', () => {
    const files = [saw('fail', 'postgres', 'open', 4)];
    const confirmed = assess({
      stack,
      controls: [twoSided(files, [saw('fail', 'postgres', 'answers')])],
      evidence: allAnswered,
      now,
    });
    assert.equal(only(about(confirmed, 'postgres')).fingerprint, printOf(saw('fail', 'postgres', 'open', 4)));
  });

  it('marks what the baseline has as known, and only failures and unknowns', () => {
    const controls = [aStaticControl('net/port', [saw('fail', 'postgres', 'open'), saw('pass', 'redis', 'closed')])];
    const baseline = new Set(assess({ stack, controls, now }).findings.map(({ fingerprint }) => fingerprint));
    const { findings } = assess({ stack, controls, now, baseline });
    assert.deepEqual(
      findings.map(({ outcome, known }) => [outcome, known]),
      [
        ['fail', true],
        ['pass', false],
      ],
    );
  });
});

describe('suppressions', () => {
  const cases: readonly (readonly [string, Suppression, boolean])[] = [
    ['on its last day', suppression({}), true],
    ['with a star for the resource', suppression({ resource: '*' }), true],
    ['by the alias of the control', suppression({ control: 'N01' }), true],
    ['not for another resource', suppression({ resource: 'redis' }), false],
    ['not for another control', suppression({ control: 'net/other' }), false],
    ['not after its last day', suppression({ expires: '2026-03-09' }), false],
  ];
  for (const [name, entry, suppressed] of cases)
    it(`hold ${name}`, () => assert.equal(findingUnder(entry).suppression !== undefined, suppressed));

  it('are told of in the finding that they no longer silence', () => {
    assert.match(
      findingUnder(suppression({ expires: '2026-03-09' })).message,
      /accepted by ops until 2026-03-09, which has passed/,
    );
  });

  it('are not attached to a pass', () => {
    assert.equal(findingUnder(suppression({}), 'pass').suppression, undefined);
  });

  it('prefer one in force to one that has run out', () => {
    const controls = [aStaticControl('net/port', [saw('fail', 'postgres', 'open')])];
    const entries = [suppression({ expires: '2026-01-01' }), suppression({ expires: '2026-12-31' })];
    const finding = only(
      assess({ stack: aStack([aService('postgres')], { suppressions: entries }), controls, now }).findings,
    );
    assert.equal(finding.suppression?.expires, '2026-12-31');
    assert.equal(finding.message, 'open');
  });

  it('that name no control are diagnosed', () => {
    const entries = [suppression({ control: 'net/typo' })];
    const { diagnostics } = assess({ stack: aStack([], { suppressions: entries }), controls: [], now });
    assert.deepEqual(
      diagnostics.map(({ code, at }) => [code, at.line]),
      [['engine/suppression-without-control', 3]],
    );
  });
});

it('puts the gravest findings first, whatever the order of the controls', () => {
  const controls = [
    aStaticControl('b/low', [saw('fail', 'postgres', 'x')], { severity: 'low' }),
    aStaticControl('b/critical', [saw('fail', 'postgres', 'x')], { severity: 'critical' }),
    aStaticControl('a/low', [saw('fail', 'postgres', 'x')], { severity: 'low' }),
  ];
  assert.deepEqual(orderOf(controls), ['b/critical', 'a/low', 'b/low']);
  assert.deepEqual(orderOf(controls.toReversed()), orderOf(controls));
});
