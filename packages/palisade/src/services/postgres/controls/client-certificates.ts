import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { reachesNetwork } from '../host-based-access.ts';
import { hostBasedAccessOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

const demands = (method: string, option: string | undefined): boolean =>
  method === 'reject' || method === 'cert' || option === 'verify-full' || option === 'verify-ca' || option === '1';

/** P15: clients prove themselves with a certificate beside the password. */
export const control: Control<'postgres'> = {
  id: 'postgres/client-certificates',
  aliases: ['P15'],
  title: 'PostgreSQL demands client certificates',
  severity: 'medium',
  rationale:
    'A stolen password alone then opens nothing: its thief also needs the private key that never leaves the consumer.',
  fix: 'Set ssl_ca_file, and clientcert=verify-full in each hostssl rule.',
  references: [documentation('auth-cert'), documentation('ssl-tcp')],
  checklist: ['mutual-tls'],
  static: askFiles(function* (service, stack) {
    const access = hostBasedAccessOf(stack, service);
    if (access.state === 'unknown') {
      yield { outcome: 'unknown', message: access.why, at: access.at };
      return;
    }
    const bare = access.rules.filter(
      (rule) => reachesNetwork(rule) && !demands(rule.method, rule.options.get('clientcert')),
    );
    for (const rule of bare) {
      const users = rule.users.map(({ text }) => text).join(',');
      yield {
        outcome: 'fail',
        message: `a ${rule.type} rule lets ${users} in without a client certificate`,
        at: rule.at,
        key: users,
      };
    }
    if (bare.length === 0)
      yield { outcome: 'pass', message: 'every network rule demands a client certificate', at: access.at };
  }),
  live: {
    needs: ['postgres'],
    attack: 'connect without a client certificate',
    assess: askServers(function* ({ plaintext, encrypted }) {
      for (const answer of [plaintext, encrypted])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const replies = [plaintext, encrypted].flatMap((answer) => (answer.known ? answer.value : []));
      const bare = [
        ...new Set(
          replies
            .filter(({ reply }) => reply !== 'certificate-demanded' && reply !== 'refused')
            .map(({ user }) => user),
        ),
      ];
      yield bare.length > 0
        ? { outcome: 'fail', message: `goes on to authentication without a client certificate for ${bare.join(', ')}` }
        : replies.some(({ reply }) => reply === 'certificate-demanded')
          ? { outcome: 'pass', message: 'turned away whoever came without a client certificate' }
          : { outcome: 'unknown', message: 'nobody got as far as being asked for a certificate' };
    }),
  },
};
