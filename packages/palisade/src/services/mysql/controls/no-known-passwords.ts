import type { Control } from '../../../contracts/control.ts';
import { writtenLogins, writtenRootPassword } from '../consumers.ts';
import '../evidence.ts';
import { isOfficialImage } from '../image.ts';
import { hardenedEntrypoint } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { baseline, manual } from '../references.ts';

/** Passwords that are tried first by everybody. */
const weak = new Set(['root', 'password', 'passwd', 'mysql', 'mariadb', 'admin', 'secret', 'changeme', '123456']);

/** M03: root has a password, and no password is known. */
export const control: Control<'mysql'> = {
  id: 'mysql/no-known-passwords',
  aliases: ['M03'],
  title: 'No password of MySQL is empty or known',
  severity: 'critical',
  rationale:
    'Whoever reaches the port logs in with an empty, usual or published password, as root with every right that there is.',
  fix: 'Take root’s password from Vault and give every consumer an account of its own; palisade harden does both.',
  references: [manual('default-privileges'), baseline],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const anchor = service.image?.at ?? service.at;
    const at = (name: RegExp) => [...service.environment].find(([key]) => name.test(key))?.[1].at ?? anchor;
    if (hardenedEntrypoint(service) !== undefined) {
      yield { outcome: 'pass', message: 'the init script takes the password from Vault before the start', at: anchor };
      return;
    }
    if (!isOfficialImage(service)) {
      yield { outcome: 'unknown', message: 'the image has start scripts of its own, which decide', at: anchor };
      return;
    }
    const root = writtenRootPassword(service);
    const bad = writtenLogins(stack, service).filter(
      ({ user, password }) => password === user || (password !== '' && weak.has(password.toLowerCase())),
    );
    const place = root === '' ? at(/ALLOW_EMPTY/) : at(/^(?:MYSQL|MARIADB)_(?:ROOT_)?PASSWORD$/);
    if (root === '') yield { outcome: 'fail', message: 'root has no password', at: place, key: 'root' };
    for (const user of new Set(bad.map((login) => login.user)))
      yield { outcome: 'fail', message: `${user} has a password that everybody tries first`, at: place, key: user };
    if (root !== '' && bad.length === 0)
      yield { outcome: 'pass', message: 'no password is empty or among the usual ones', at: place };
  }),
  live: {
    needs: ['mysql'],
    attack: 'log in with an empty or a known password',
    assess: askServers(function* ({ knownLogins, accounts }) {
      const users = new Set(knownLogins.known ? knownLogins.value.accepted.map(({ user }) => user) : []);
      const open = accounts.known
        ? accounts.value.filter(({ user, proven, locked }) => user !== '' && !proven && !locked)
        : [];
      for (const user of users)
        yield { outcome: 'fail', message: `${user} logs in with a password that is no secret`, key: user };
      for (const { user, host } of open)
        if (!users.has(user))
          yield { outcome: 'fail', message: `${user} of ${host} has no password`, key: `${user}@${host}` };
      if (users.size + open.length > 0) return;
      for (const answer of [knownLogins, accounts])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      yield { outcome: 'pass', message: 'took no known password, and has no account without one' };
    }),
  },
};
