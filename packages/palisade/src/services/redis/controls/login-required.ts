import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { hardenedEntrypoint, settingsOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** R01: nobody gets an answer without a login, and no login is public. */
export const control: Control<'redis'> = {
  id: 'redis/login-required',
  aliases: ['R01'],
  title: 'Redis answers nobody without a login',
  severity: 'critical',
  rationale:
    'Whoever reaches the port of an open Redis reads and changes everything in it, and can often write files and run programs on its host.',
  fix: 'Turn the account default off and give every consumer an account of its own; palisade harden does both.',
  references: [documentation('security'), documentation('security/acl')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const password = setting('requirepass');
    const accounts = setting('aclfile');
    const user = setting('user');
    for (const each of [password, accounts, user])
      if (each.state === 'unknown') {
        yield { outcome: 'unknown', message: each.why, at: each.at };
        return;
      }
    if (accounts.state === 'set')
      yield hardenedEntrypoint(service) === undefined
        ? { outcome: 'unknown', message: 'the list of accounts decides, and it is data', at: accounts.at }
        : {
            outcome: 'pass',
            message: 'the init script turns the account default off before the start',
            at: accounts.at,
          };
    else if (user.state === 'set')
      yield { outcome: 'unknown', message: 'accounts are defined in the configuration; ask the server', at: user.at };
    else if (password.state === 'set' && password.values.join('') !== '')
      yield { outcome: 'pass', message: 'a password is asked for', at: password.at };
    else yield { outcome: 'fail', message: 'no password is asked for', at: password.at };
  }),
  live: {
    needs: ['redis'],
    attack: 'run commands without logging in',
    assess: askServers(function* ({ plaintext, withoutCertificate, withCertificate, knownLogins }) {
      const ways = [plaintext, withoutCertificate, withCertificate];
      for (const answer of [...ways, knownLogins])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const isOpen = ways.some((answer) => answer.known && answer.value.ping === 'answered');
      const accepted = knownLogins.known ? knownLogins.value.accepted : [];
      if (isOpen) yield { outcome: 'fail', message: 'carried out PING without a login' };
      for (const user of isOpen ? [] : accepted)
        yield { outcome: 'fail', message: `${user} logs in with a password that is no secret`, key: user };
      if (!isOpen && accepted.length === 0)
        yield { outcome: 'pass', message: 'asked for a login, and took no known password' };
    }),
  },
};
