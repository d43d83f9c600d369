import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { judgeAnswers, some } from '../observe.ts';
import { cwe, owaspApi } from '../references.ts';

/** A04: errors tell a caller nothing about the inside. */
export const control: Control<'http'> = {
  id: 'http-api/masked-errors',
  aliases: ['A04'],
  title: 'Errors tell callers nothing about the inside',
  severity: 'high',
  rationale:
    'Stack traces, paths and messages of the database tell an attacker which software and which flaw to try next; some carry credentials.',
  fix: 'Answer unexpected errors with a status and a reference alone, and write what happened to the log.',
  references: [owaspApi('API8', '0xa8-security-misconfiguration'), cwe(209)],
  live: {
    attack: 'provoke errors that tell about the inside',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ leaks }) => leaks,
        (leaks, name) =>
          leaks.length > 0
            ? {
                outcome: 'fail',
                key: 'leaks',
                message: `${name} gives away ${some(leaks.map(({ kind, provokedBy }) => `a ${kind} (${provokedBy})`))}`,
              }
            : { outcome: 'pass', message: 'answers provoked errors without telling about the inside' },
      ),
  },
};
