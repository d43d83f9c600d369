import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { judgeAnswers, type Verdict } from '../observe.ts';
import { cwe, owaspRest } from '../references.ts';

/** Answers carry the headers that keep browsers and caches from mistakes. */
export const control: Control<'http'> = {
  id: 'http-api/security-headers',
  aliases: [],
  title: 'Answers carry security headers',
  severity: 'low',
  rationale:
    'Without them a browser guesses types, shows the answer inside of foreign pages, keeps it in caches, and comes back without TLS. Headers that name software and version help to choose an attack.',
  fix: 'Send X-Content-Type-Options: nosniff, Cache-Control: no-store, Content-Security-Policy: frame-ancestors and, over TLS, Strict-Transport-Security; remove X-Powered-By and versions.',
  references: [owaspRest, cwe(693)],
  live: {
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ headers }) => headers,
        ({ missing, revealing }, name) => {
          const verdicts: readonly Verdict[] = [
            ...(missing.length > 0
              ? [{ outcome: 'fail', key: 'missing', message: `${name} answers without ${missing.join(', ')}` } as const]
              : []),
            ...(revealing.length > 0
              ? [
                  {
                    outcome: 'fail',
                    key: 'revealing',
                    message: `${name} tells its software in ${revealing.join(', ')}`,
                  } as const,
                ]
              : []),
          ];
          return verdicts.length > 0
            ? verdicts
            : { outcome: 'pass', message: 'answers with the headers that it should' };
        },
      ),
  },
};
