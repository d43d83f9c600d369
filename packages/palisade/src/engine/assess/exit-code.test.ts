import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../contracts/finding.ts';
import type { Diagnostic } from '../../contracts/stack.ts';
import { aFinding, aStack } from '../fixtures/posture.ts';
import { assess } from './assess.ts';
import { exitCodeOf } from './exit-code.ts';

const at = { file: 'compose.yaml', line: 1, column: 1 };
const suppression = { control: 'c', resource: '*', reason: 'r', owner: 'o', expires: '2030-01-01', at };
const broken: Diagnostic = { severity: 'error', code: 'model/broken', message: 'm', next: 'n', at };

const fail = aFinding();
const unknown = aFinding({ outcome: 'unknown' });

const cases: readonly (readonly [string, readonly Finding[], readonly Diagnostic[], number])[] = [
  ['nothing found', [], [], 0],
  ['passes', [aFinding({ outcome: 'pass' }), aFinding({ outcome: 'not-applicable' })], [], 0],
  ['a failure at the threshold', [fail], [], 1],
  ['a failure above it', [aFinding({ severity: 'critical' })], [], 1],
  ['a failure below it', [aFinding({ severity: 'low' })], [], 0],
  ['a suppressed failure', [aFinding({ suppression })], [], 0],
  ['a known failure', [aFinding({ known: true })], [], 0],
  ['an unknown at the threshold', [unknown], [], 3],
  ['an unknown below it', [aFinding({ outcome: 'unknown', severity: 'info' })], [], 0],
  ['a suppressed unknown', [aFinding({ outcome: 'unknown', suppression })], [], 0],
  ['an unknown that the baseline has', [aFinding({ outcome: 'unknown', known: true })], [], 3],
  ['a failure and an unknown', [unknown, fail], [], 1],
  ['a file that did not parse', [], [broken], 3],
  ['a file that did not parse, and a failure', [fail], [broken], 1],
  ['a warning', [], [{ ...broken, severity: 'warning' }], 0],
];

describe('the exit code of an assessment', () => {
  for (const [name, findings, diagnostics, code] of cases)
    it(`is ${code} for ${name}`, () => {
      const empty = assess({ stack: aStack([]), controls: [], now: new Date(0) });
      assert.equal(exitCodeOf({ ...empty, findings, diagnostics }), code);
    });
});
