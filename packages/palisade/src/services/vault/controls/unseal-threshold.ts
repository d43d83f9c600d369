import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { judgeAnswers } from '../observe.ts';
import { seal } from '../references.ts';

/** V10: no single share unseals the server. */
export const control: Control<'vault'> = {
  id: 'vault/unseal-threshold',
  aliases: ['V10'],
  title: 'More than one share is needed to unseal',
  severity: 'high',
  rationale: 'With a threshold of one, whoever holds any share can unseal the server, or make a new root token, alone.',
  fix: 'Rekey with at least three shares and a threshold of two (`operator rekey -init -key-shares=5 -key-threshold=3`).',
  references: [seal],
  live: {
    needs: ['vault'],
    assess: (_stack, evidence) =>
      judgeAnswers(
        evidence,
        (answers) => answers.seal,
        ({ initialized, type, shares, threshold }, name) => {
          if (!initialized) return { outcome: 'unknown', message: 'the server is not initialised yet' };
          if (type !== 'shamir') return { outcome: 'not-applicable', message: `a ${type} seal unseals the server` };
          return threshold < 2
            ? { outcome: 'fail', message: `${name} is unsealed by one share of ${shares}` }
            : { outcome: 'pass', message: `needs ${threshold} of ${shares} shares` };
        },
      ),
  },
};
