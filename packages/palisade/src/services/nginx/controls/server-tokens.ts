import type { Control } from '../../../contracts/control.ts';
import { placeOf, scopesOf, settingOf } from '../configuration/servers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** X01: nginx does not tell its version. */
export const control: Control<'nginx'> = {
  id: 'nginx/server-tokens',
  aliases: ['X01'],
  title: 'nginx does not tell its version',
  severity: 'low',
  rationale:
    'The version tells an attacker which published weaknesses to try, without one request that would stand out.',
  fix: 'Write `server_tokens off;` in http.',
  references: [documentation('core', 'server_tokens')],
  static: askFiles('Write `server_tokens off;` in http.', function* (servers) {
    const faults = servers.flatMap((server) =>
      scopesOf(server).flatMap((scope) => {
        const setting = settingOf(scope, 'server_tokens');
        if (setting?.args[0] === 'off') return [];
        return [
          {
            at: placeOf(setting ?? server.scope.directive),
            key: 'server_tokens',
            message: 'tells its version in every answer',
          },
        ];
      }),
    );
    yield* faultsOr(faults.slice(0, 1), 'keeps its version to itself');
  }),
  live: {
    attack: 'learn the version of the server',
    needs: ['nginx'],
    assess: askServers(
      ({ server }) => server,
      (text) =>
        /\d/.test(text)
          ? { outcome: 'fail', key: 'server', message: `the header Server says ${text}` }
          : { outcome: 'pass', message: 'the header Server tells no version' },
    ),
  },
};
