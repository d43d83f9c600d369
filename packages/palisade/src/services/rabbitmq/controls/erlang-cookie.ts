import type { Control } from '../../../contracts/control.ts';
import { mountedFile } from '../../../model/queries.ts';
import '../evidence.ts';
import { dataDirectory, hardenedEntrypoint } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { checklist, documentation } from '../references.ts';

/** Characters of a cookie that the Erlang machine makes by itself. */
const ofErlang = 20;

/** Q06: the secret by which nodes and administrators know each other is long, and read by the server alone. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/erlang-cookie',
  aliases: ['Q06'],
  title: 'The Erlang cookie is random, and nobody but the server reads it',
  severity: 'high',
  rationale:
    'Whoever knows the cookie and reaches the node runs any program in it: it is worth more than every password.',
  fix: 'Take RABBITMQ_ERLANG_COOKIE and cookies of the project out; palisade harden makes one for each node, with mode 0400.',
  references: [checklist('Erlang cookie'), documentation('clustering', 'Erlang Cookie')],
  checklist: ['file-permissions'],
  static: askFiles(function* (service, stack) {
    const written = service.environment.get('RABBITMQ_ERLANG_COOKIE');
    const path = `${dataDirectory}/.erlang.cookie`;
    const mount = service.mounts.find(({ target }) => target === path);
    const file = mountedFile(stack, service, path);
    if (written !== undefined)
      yield {
        outcome: 'fail',
        message: 'the cookie stands in the environment',
        at: written.at,
        key: 'RABBITMQ_ERLANG_COOKIE',
      };
    else if (mount !== undefined && (file === undefined || mount.source === undefined))
      yield { outcome: 'unknown', message: 'what is mounted as the cookie is no file of the project', at: mount.at };
    else if (mount !== undefined)
      yield { outcome: 'fail', message: 'the cookie is a file of the project', at: mount.at, key: 'mount' };
    else
      yield {
        outcome: 'pass',
        message:
          hardenedEntrypoint(service) === undefined
            ? 'the server makes one of its own'
            : 'the init script writes one from Vault, for the server alone',
        at: service.image?.at ?? service.at,
      };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) {
        yield unanswered(settings);
        return;
      }
      const { cookieLength, cookieMode } = settings.value;
      if (cookieLength < ofErlang)
        yield { outcome: 'fail', message: `the cookie has ${cookieLength} characters`, key: 'length' };
      else if (cookieMode === null)
        yield { outcome: 'unknown', message: 'the server does not say who reads the cookie' };
      else if ((cookieMode & 0o077) !== 0)
        yield { outcome: 'fail', message: `the cookie has the mode 0${cookieMode.toString(8)}`, key: 'mode' };
      else yield { outcome: 'pass', message: 'the cookie is long, and the server alone reads it' };
    }),
  },
};
