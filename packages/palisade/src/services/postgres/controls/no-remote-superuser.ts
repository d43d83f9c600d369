import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { coversUser, isUnbounded, reachesNetwork, type HbaRule } from '../host-based-access.ts';
import { administrator } from '../image.ts';
import { hostBasedAccessOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** True where a rule turns a role away from every database and every address, over any connection. */
const shutsOut = (rule: HbaRule, role: string): boolean =>
  rule.type === 'host' &&
  rule.method === 'reject' &&
  coversUser(rule, role) &&
  isUnbounded(rule.address ?? '') &&
  rule.databases.some(({ text, quoted }) => text === 'all' && !quoted);

/** P06: the superuser does not log in over the network. */
export const control: Control<'postgres'> = {
  id: 'postgres/no-remote-superuser',
  aliases: ['P06'],
  title: 'The superuser of PostgreSQL cannot log in over the network',
  severity: 'high',
  rationale:
    'A superuser passes every check of the database and runs programs on its host. Whoever guesses or steals that one password over the network owns both.',
  fix: 'Reject the administrator in a host rule in front of all others, and let it in through the local socket alone.',
  references: [cisPostgres('5.4'), documentation('auth-pg-hba-conf')],
  checklist: ['least-privilege-policies'],
  static: askFiles(function* (service, stack) {
    const access = hostBasedAccessOf(stack, service);
    if (access.state === 'unknown') {
      yield { outcome: 'unknown', message: access.why, at: access.at };
      return;
    }
    const admin = administrator(service);
    for (const rule of access.rules) {
      if (!reachesNetwork(rule) || !coversUser(rule, admin)) continue;
      if (shutsOut(rule, admin)) break;
      if (rule.method === 'reject') continue;
      yield { outcome: 'fail', message: `a ${rule.type} rule lets the superuser ${admin} in`, at: rule.at, key: admin };
      return;
    }
    yield { outcome: 'pass', message: `no network rule lets the superuser ${admin} in`, at: access.at };
  }),
  live: {
    needs: ['postgres'],
    attack: 'log in as the superuser over the network',
    assess: askServers(function* ({ plaintext, encrypted, roles }, service) {
      for (const answer of [plaintext, encrypted])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const superusers = new Set([
        administrator(service),
        ...(roles.known ? roles.value.filter(({ superuser }) => superuser).map(({ name }) => name) : []),
      ]);
      const replies = [plaintext, encrypted].flatMap((answer) => (answer.known ? answer.value : []));
      // A demanded certificate is not a refusal of the role: who holds one gets on to the password.
      const admitted = [
        ...new Set(
          replies.filter(({ user, reply }) => superusers.has(user) && reply !== 'refused').map(({ user }) => user),
        ),
      ];
      for (const user of admitted)
        yield { outcome: 'fail', message: `the server goes on to authentication for the superuser ${user}`, key: user };
      if (admitted.length === 0)
        yield { outcome: 'pass', message: 'every superuser was refused before a password was asked for' };
    }),
  },
};
