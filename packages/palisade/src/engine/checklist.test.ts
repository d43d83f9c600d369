import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../contracts/finding.ts';
import { answerChecklist, checklistItems } from './checklist.ts';
import { aControl, aFinding } from './fixtures/posture.ts';

const one = aControl('tls/one', { checklist: ['tls-only'] });
const two = aControl('tls/two', { checklist: ['tls-only', 'mutual-tls'] });

const stateOf = (findings: readonly Finding[], notRun: readonly string[] = []) => {
  const answers = answerChecklist({ controls: [one, two], findings, notRun: new Set(notRun) });
  const answer = answers.find(({ item }) => item === 'tls-only');
  assert.ok(answer);
  return answer;
};
const finding = (control: string, outcome: Finding['outcome']): Finding => aFinding({ control, outcome });

describe('the checklist', () => {
  it('has the 21 items of the page, each once', () => {
    assert.equal(checklistItems.length, 21);
    assert.equal(new Set(checklistItems.map(({ item }) => item)).size, 21);
  });

  const cases: readonly (readonly [string, readonly Finding[], readonly string[], string])[] = [
    ['one passes and none fails', [finding('tls/one', 'pass'), finding('tls/two', 'not-applicable')], [], 'pass'],
    ['one fails', [finding('tls/one', 'pass'), finding('tls/two', 'fail'), finding('tls/two', 'unknown')], [], 'fail'],
    ['one is unknown', [finding('tls/one', 'pass'), finding('tls/two', 'unknown')], [], 'unknown'],
    ['one did not run', [finding('tls/one', 'pass')], ['tls/two'], 'unknown'],
    ['none found anything to judge', [finding('tls/one', 'not-applicable')], [], 'unknown'],
    ['no control said a thing', [], [], 'unknown'],
    ['only controls of other items pass', [finding('net/port', 'pass')], [], 'unknown'],
  ];
  for (const [name, findings, notRun, state] of cases)
    it(`answers ${state} where ${name}`, () => assert.equal(stateOf(findings, notRun).state, state));

  it('answers unknown for what only a kind can judge, where a service has none', () => {
    const answers = answerChecklist({
      controls: [one, aControl('net/one', { checklist: ['network-policies'] })],
      findings: [finding('tls/one', 'pass'), finding('net/one', 'pass')],
      notRun: new Set(),
      unjudged: ['mysql'],
    });
    const answerOf = (wanted: string) => answers.find(({ item }) => item === wanted);
    assert.equal(answerOf('tls-only')?.state, 'unknown');
    assert.match(answerOf('tls-only')?.because ?? '', /no kind knows mysql/);
    assert.equal(answerOf('network-policies')?.state, 'pass');
  });

  it('says that a person has to look where no control exists', () => {
    const [answer] = answerChecklist({ controls: [one, two], findings: [], notRun: new Set() });
    assert.equal(answer?.state, 'manual');
    assert.match(answer?.because ?? '', /no control/);
    assert.deepEqual(answer?.controls, []);
  });

  it('does not turn an accepted failure into a pass', () => {
    const at = { file: 'palisade.yaml', line: 1, column: 1 };
    const suppression = { control: '*', resource: '*', reason: 'r', owner: 'o', expires: '2030-01-01', at };
    const answer = stateOf([{ ...finding('tls/one', 'fail'), suppression }]);
    assert.equal(answer.state, 'fail');
    assert.match(answer.because, /1 of them accepted/);
  });
});
