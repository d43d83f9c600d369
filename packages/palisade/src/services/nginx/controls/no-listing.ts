import type { Control } from '../../../contracts/control.ts';
import { isRedirecting, placeOf, scopesOf, settingOf } from '../configuration/servers.ts';
import { askFiles, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';

/** X08: Directories and hidden files are not handed out. */
export const control: Control = {
  id: 'nginx/no-listing',
  aliases: ['X08'],
  title: 'Directories and hidden files are not handed out',
  severity: 'medium',
  rationale: 'Lists show what was never linked; hidden files (.git, .env) hold sources and credentials.',
  fix: 'Remove `autoindex on;`, and write `location ~ /\\\\.(?!well-known/) { return 404; }` in each server.',
  references: [documentation('autoindex', 'autoindex')],
  static: askFiles(
    'Remove `autoindex on;`, and write `location ~ /\\\\.(?!well-known/) { return 404; }` in each server.',
    function* (servers) {
      const serving = servers.filter((server) => !isRedirecting(server));
      const lists = serving.flatMap((server) =>
        scopesOf(server).flatMap((scope) => {
          const setting = settingOf(scope, 'autoindex');
          return setting?.args[0] === 'on'
            ? [{ at: placeOf(setting), key: 'autoindex', message: 'lists directories' }]
            : [];
        }),
      );
      const open = serving
        .filter(
          ({ inner }) =>
            !inner.some(
              ({ directive }) => directive.name === 'location' && /^~\*? .*\\\./.test(directive.args.join(' ')),
            ),
        )
        .map(({ scope }) => ({ at: placeOf(scope.directive), key: 'hidden', message: 'hands hidden files out' }));
      yield* faultsOr([...lists.slice(0, 1), ...open], 'lists nothing and keeps hidden files');
    },
  ),
};
