import type { Control } from '../../../contracts/control.ts';
import { known } from '../known.ts';
import '../evidence.ts';
import { judgeAnswers, some } from '../observe.ts';
import { productionHardening, tokens } from '../references.ts';

/** V08: no token that the stack gives away is a root token. */
export const control: Control<'vault'> = {
  id: 'vault/token-not-root',
  aliases: ['V08'],
  title: 'No root token works',
  severity: 'critical',
  rationale:
    'A root token may do everything, for ever, and no policy limits it. One that stands in a Compose file, or that an earlier posture has left alive, is the shortest way to every secret.',
  fix: 'Revoke the token with `auth/token/revoke-self`, after making sure that an operator with exact rights is in place.',
  references: [productionHardening, tokens],
  checklist: ['no-root-token'],
  live: {
    attack: 'use the tokens that the files of the stack give away',
    needs: ['vault'],
    assess: (_stack, evidence) =>
      judgeAnswers(
        evidence,
        (facts) => {
          if (!facts.tokens.known) return facts.tokens;
          const roots = facts.tokens.value.filter(({ accepted, root }) => accepted && root).map(({ origin }) => origin);
          if (roots.length > 0) return known({ roots, tried: facts.tokens.value.length });
          if (!facts.ownPolicies.known)
            return facts.tokens.value.length > 0 ? facts.ownPolicies : known({ roots, tried: 0 });
          const own = facts.ownPolicies.value.includes('root') ? ['Palisade'] : [];
          return known({ roots: own, tried: facts.tokens.value.length });
        },
        ({ roots, tried }, name) => {
          if (roots.length > 0)
            return { outcome: 'fail', message: `${name} takes a root token that is known: ${some(roots)}` };
          return {
            outcome: 'pass',
            message: tried === 0 ? 'no token stands in the stack' : `none of ${tried} known tokens is a root token`,
          };
        },
      ),
  },
};
