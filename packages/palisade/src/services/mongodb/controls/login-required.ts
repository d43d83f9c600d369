import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual, securityChecklist } from '../references.ts';

/** G01: nobody reads or writes without a login. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/login-required',
  aliases: ['G01'],
  title: 'MongoDB carries out nothing without a login',
  severity: 'critical',
  rationale:
    'Without authorization whoever reaches the port reads, changes and deletes every database; open servers are found by scanners within hours and held to ransom.',
  fix: 'Set security.authorization to enabled and give every consumer an account; palisade harden does both.',
  references: [securityChecklist, manual('tutorial/enable-authentication')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const authorization = setting('security.authorization');
    const transition = setting('security.transitionToAuth');
    for (const each of [authorization, transition])
      if (each.state === 'unknown') {
        yield { outcome: 'unknown', message: each.why, at: each.at };
        return;
      }
    // The key of a replica set demands logins too. Source: MongoDB manual, security.keyFile.
    const demanded =
      valueOf(authorization, 'disabled') === 'enabled' ||
      (authorization.state === 'default' && setting('security.keyFile').state === 'set');
    if (!demanded) yield { outcome: 'fail', message: 'authorization is off', at: authorization.at };
    else if (valueOf(transition, 'false') === 'true')
      yield { outcome: 'fail', message: 'transitionToAuth lets callers in without a login', at: transition.at };
    else yield { outcome: 'pass', message: 'authorization is on', at: authorization.at };
  }),
  live: {
    needs: ['mongodb'],
    attack: 'list the databases without logging in',
    assess: askServers(function* ({ plaintext, withoutCertificate, withCertificate }) {
      const ways = [plaintext, withoutCertificate, withCertificate];
      if (ways.some((answer) => answer.known && answer.value === 'carried-out')) {
        yield { outcome: 'fail', message: 'listed its databases for a caller without a login' };
        return;
      }
      for (const answer of ways)
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      yield { outcome: 'pass', message: 'asked for a login, or answered nothing' };
    }),
  },
};
