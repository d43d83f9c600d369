import type { Control } from '../../../contracts/control.ts';
import { isRedirecting, isServing, placeOf, scopesOf } from '../configuration/servers.ts';
import { lackingHeaders } from '../response-headers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** X05: Answers carry security headers. */
export const control: Control<'nginx'> = {
  id: 'nginx/security-headers',
  aliases: ['X05'],
  title: 'Answers carry security headers',
  severity: 'low',
  rationale: 'Without them a browser guesses types, and shows pages inside of foreign ones.',
  fix: 'Write add_header with `always` for X-Content-Type-Options, Content-Security-Policy (frame-ancestors) and Referrer-Policy in each level that has an add_header.',
  references: [documentation('headers', 'add_header')],
  static: askFiles(
    'Write add_header with `always` for X-Content-Type-Options, Content-Security-Policy (frame-ancestors) and Referrer-Policy in each level that has an add_header.',
    function* (servers) {
      const serving = servers.filter((server) => !isRedirecting(server));
      const faults = serving.flatMap((server) =>
        scopesOf(server)
          .filter(isServing)
          .flatMap((scope) =>
            lackingHeaders(scope, ['x-content-type-options', 'content-security-policy', 'referrer-policy']).map(
              (name) => ({
                at: placeOf(scope.directive),
                key: name,
                message: `answers of ${scope.directive.written.join(' ')} lack ${name}, or have it without always`,
              }),
            ),
          ),
      );
      yield* faultsOr(faults, 'sends it with every answer');
    },
  ),
  live: {
    needs: ['nginx'],
    assess: askServers(
      ({ missingHeaders }) => missingHeaders,
      (missing) => {
        const lacking = missing.filter((name) => name !== 'strict-transport-security');
        return lacking.length > 0
          ? { outcome: 'fail', key: 'missing', message: `an answer lacks ${lacking.join(', ')}` }
          : { outcome: 'pass', message: 'answers and errors have it' };
      },
    ),
  },
};
