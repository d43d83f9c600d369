import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { judgeAnswers } from '../observe.ts';
import { rfc } from '../references.ts';

/** A09: a refusal says what it wants. */
export const control: Control<'http'> = {
  id: 'http-api/challenges',
  aliases: ['A09'],
  title: 'Refused tokens are answered with a challenge',
  severity: 'low',
  rationale:
    'Clients renew a token when the answer says that it is no good. Where some refusals say so and others do not, clients treat a token that was revoked as a broken service and try it again and again.',
  fix: 'Send WWW-Authenticate: Bearer with every 401, with error="invalid_token" where a token was sent.',
  references: [rfc(6750, '3'), rfc(9110, '11.6.1')],
  live: {
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ tokens }) => tokens,
        ({ path, asks, takesBearer, unchallenged }, name) => {
          if (!asks) return { outcome: 'unknown', message: 'no route is known that asks for credentials' };
          const challenge = takesBearer ? 'WWW-Authenticate: Bearer' : 'WWW-Authenticate';
          return unchallenged > 0
            ? {
                outcome: 'fail',
                key: 'unchallenged',
                message: `${name} answers 401 without ${challenge} to ${unchallenged} requests of GET ${path}`,
              }
            : { outcome: 'pass', message: `answers each 401 of GET ${path} with ${challenge}` };
        },
      ),
  },
};
