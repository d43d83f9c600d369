import type { Control } from '../../../contracts/control.ts';
import { administrator, rootHost } from '../consumers.ts';
import '../evidence.ts';
import { isOfficialImage } from '../image.ts';
import { hardenedEntrypoint } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { baseline, manual } from '../references.ts';

/** M04: root is known on the server's own socket alone. */
export const control: Control<'mysql'> = {
  id: 'mysql/no-remote-root',
  aliases: ['M04'],
  title: 'Nobody is root of MySQL over the network',
  severity: 'high',
  rationale:
    'Root may do everything, files and accounts included; a root that the network reaches needs only a password to be guessed or found.',
  fix: 'Set MYSQL_ROOT_HOST to localhost, and lock root at every other host.',
  references: [manual('default-privileges'), baseline],
  checklist: ['endpoint-authentication', 'least-privilege-policies'],
  static: askFiles(function* (service) {
    const anchor = service.image?.at ?? service.at;
    const variable = service.environment.get('MARIADB_ROOT_HOST') ?? service.environment.get('MYSQL_ROOT_HOST');
    const at = variable?.at ?? anchor;
    const host = rootHost(service);
    if (!isOfficialImage(service) && variable === undefined)
      yield { outcome: 'unknown', message: 'accounts are data, and what the image makes is not known', at };
    else if (host !== undefined)
      yield { outcome: 'fail', message: `the image makes root an account that may come from ${host}`, at };
    else if (hardenedEntrypoint(service) === undefined)
      yield { outcome: 'pass', message: 'the image makes no root for the network', at };
    else yield { outcome: 'pass', message: 'the init script locks root of every host but its own', at };
  }),
  live: {
    needs: ['mysql'],
    attack: 'log in as root over the network',
    assess: askServers(function* ({ knownLogins, accounts }) {
      if (knownLogins.known && knownLogins.value.accepted.some(({ user }) => user === administrator.user)) {
        yield { outcome: 'fail', message: 'let root in over the network' };
        return;
      }
      if (!accounts.known) {
        yield unanswered(accounts);
        return;
      }
      const remote = accounts.value.filter(
        ({ user, host, locked }) => user === administrator.user && host !== administrator.host && !locked,
      );
      for (const { host } of remote)
        yield { outcome: 'fail', message: `root may come from ${host}`, key: host, byFiles: false };
      if (remote.length === 0) yield { outcome: 'pass', message: 'root may come from the server itself alone' };
    }),
  },
};
