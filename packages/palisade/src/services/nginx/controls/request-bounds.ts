import type { Control } from '../../../contracts/control.ts';
import { isRejecting, placeOf, scopesOf, settingOf } from '../configuration/servers.ts';
import { secondsOf } from '../units.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** Requests are bounded in time and size. */
export const control: Control<'nginx'> = {
  id: 'nginx/request-bounds',
  aliases: [],
  title: 'Requests are bounded in time and size',
  severity: 'medium',
  rationale:
    'A client that sends a byte now and then, or a body without end, holds connections and disk until nobody else gets any.',
  fix: 'Write client_header_timeout, client_body_timeout and send_timeout of 10s and a client_max_body_size in http.',
  references: [documentation('core', 'client_header_timeout'), documentation('core', 'client_max_body_size')],
  checklist: ['rate-limiting'],
  static: askFiles(
    'Write client_header_timeout, client_body_timeout and send_timeout of 10s and a client_max_body_size in http.',
    function* (servers) {
      const faults = servers
        .filter((server) => !isRejecting(server))
        .flatMap((server) => [
          ...['client_header_timeout', 'client_body_timeout', 'send_timeout'].flatMap((name) => {
            const setting = settingOf(server.scope, name);
            const seconds = secondsOf(setting?.args[0] ?? '60s');
            return seconds !== undefined && seconds > 0 && seconds <= 30
              ? []
              : [
                  {
                    at: placeOf(setting ?? server.scope.directive),
                    key: name,
                    message: `waits ${setting?.args[0] ?? '60s'} (${name})`,
                  },
                ];
          }),
          ...scopesOf(server)
            .flatMap((scope) => {
              const setting = settingOf(scope, 'client_max_body_size');
              return setting !== undefined && /^0+[kmg]?$/i.test(setting.args[0] ?? '')
                ? [{ at: placeOf(setting), key: 'client_max_body_size', message: 'takes bodies of any size' }]
                : [];
            })
            .slice(0, 1),
        ]);
      yield* faultsOr(faults, 'bounds requests in time and size');
    },
  ),
  live: {
    attack: 'hold connections with half a request, announce a huge body',
    needs: ['nginx'],
    assess: askServers(
      ({ slowCutOff, bodyRefused }) =>
        slowCutOff.known && bodyRefused.known
          ? { known: true, value: { slow: slowCutOff.value, body: bodyRefused.value } }
          : {
              known: false,
              why: [slowCutOff, bodyRefused].flatMap((each) => (each.known ? [] : [each.why])).join('; '),
            },
      ({ slow, body }) =>
        slow && body
          ? { outcome: 'pass', message: 'cut the slow client off and refused the body' }
          : {
              outcome: 'fail',
              key: 'bounds',
              message: [
                ...(slow ? [] : ['holds a connection for half a request']),
                ...(body ? [] : ['takes a body of 100 MB']),
              ].join(' and '),
            },
    ),
  },
};
