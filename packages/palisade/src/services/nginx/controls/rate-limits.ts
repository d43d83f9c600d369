import type { Control } from '../../../contracts/control.ts';
import { effective, isRedirecting, isServing, placeOf, scopesOf, settingOf } from '../configuration/servers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** X06: Clients are limited in requests and connections. */
export const control: Control<'nginx'> = {
  id: 'nginx/rate-limits',
  aliases: ['X06'],
  title: 'Clients are limited in requests and connections',
  severity: 'medium',
  rationale:
    'Without a limit one client guesses passwords as fast as the server answers, and holds all of its connections.',
  fix: 'Write limit_req_zone and limit_conn_zone on $binary_remote_addr in http, limit_req with a burst, limit_conn, and `limit_req_status 429;`.',
  references: [documentation('limit_req', 'limit_req'), documentation('limit_conn', 'limit_conn')],
  checklist: ['rate-limiting'],
  static: askFiles(
    'Write limit_req_zone and limit_conn_zone on $binary_remote_addr in http, limit_req with a burst, limit_conn, and `limit_req_status 429;`.',
    function* (servers) {
      const faults = servers
        .filter((server) => !isRedirecting(server))
        .flatMap((server) => {
          const [http = []] = server.scope.levels;
          const spoofed = http.filter(
            ({ name, args }) => /^limit_(?:req|conn)_zone$/.test(name) && /\$http_/.test(args[0] ?? ''),
          );
          const bare = scopesOf(server).filter(isServing);
          return [
            ...spoofed.map((zone) => ({
              at: placeOf(zone),
              key: 'zone',
              message: 'counts clients by a header that they write themselves',
            })),
            ...['limit_req', 'limit_conn'].flatMap((name) =>
              bare
                .filter((scope) => effective(scope, name).length === 0)
                .slice(0, 1)
                .map((scope) => ({ at: placeOf(scope.directive), key: name, message: `serves without ${name}` })),
            ),
            ...(settingOf(server.scope, 'limit_req_status')?.args[0] === '429'
              ? []
              : [
                  {
                    at: placeOf(server.scope.directive),
                    key: 'limit_req_status',
                    message: 'does not say 429 to clients beyond the limit',
                  },
                ]),
          ];
        });
      yield* faultsOr(faults, 'limits requests and connections of each client');
    },
  ),
  live: {
    attack: 'send requests without pause',
    needs: ['nginx'],
    assess: askServers(
      ({ flood }) => flood,
      ({ sent, limited, unavailable }) =>
        limited > 0
          ? { outcome: 'pass', message: `said 429 to ${limited} of ${sent} requests at once` }
          : {
              outcome: 'fail',
              key: 'flood',
              message:
                unavailable > 0
                  ? `said 503 to ${unavailable} of ${sent} requests at once, which clients take for a failure`
                  : `served ${sent} requests at once`,
            },
    ),
  },
};
