import type { Control } from '../../../contracts/control.ts';
import { isRedirecting, isServing, placeOf, scopesOf } from '../configuration/servers.ts';
import { lackingHeaders } from '../response-headers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** X04: Browsers are told to stay on HTTPS. */
export const control: Control<'nginx'> = {
  id: 'nginx/strict-transport',
  aliases: ['X04'],
  title: 'Browsers are told to stay on HTTPS',
  severity: 'medium',
  rationale:
    'Without Strict-Transport-Security a browser tries plain HTTP first, and whoever is on the way answers in place of the server.',
  fix: 'Write `add_header Strict-Transport-Security "max-age=63072000" always;` in each level that has an add_header, for one drops those around it.',
  references: [
    documentation('headers', 'add_header'),
    { source: 'RFC 6797', section: '6.1', url: 'https://www.rfc-editor.org/rfc/rfc6797' },
  ],
  static: askFiles(
    'Write `add_header Strict-Transport-Security "max-age=63072000" always;` in each level that has an add_header, for one drops those around it.',
    function* (servers) {
      const serving = servers.filter((server) => !isRedirecting(server));
      const faults = serving.flatMap((server) =>
        scopesOf(server)
          .filter(isServing)
          .flatMap((scope) =>
            lackingHeaders(scope, ['strict-transport-security']).map((name) => ({
              at: placeOf(scope.directive),
              key: name,
              message: `answers of ${scope.directive.written.join(' ')} lack ${name}, or have it without always`,
            })),
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
        const lacking = missing.filter((name) => name === 'strict-transport-security');
        return lacking.length > 0
          ? { outcome: 'fail', key: 'missing', message: `an answer lacks ${lacking.join(', ')}` }
          : { outcome: 'pass', message: 'answers and errors have it' };
      },
    ),
  },
};
