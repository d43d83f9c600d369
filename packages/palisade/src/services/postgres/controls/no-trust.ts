import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { reachesNetwork } from '../host-based-access.ts';
import { hostBasedAccessOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation, officialImage } from '../references.ts';

const whom = (address: string | undefined): string =>
  address === undefined ? 'everybody on the socket' : address === 'all' ? 'everybody' : `everybody from ${address}`;

/** P03: nobody is let in without proof. */
export const control: Control<'postgres'> = {
  id: 'postgres/no-trust',
  aliases: ['P03'],
  title: 'PostgreSQL asks everybody for proof',
  severity: 'critical',
  rationale:
    'With the method trust whoever reaches the port is whoever he says he is, the superuser included, who reads every row and runs programs on the server.',
  fix: 'Remove POSTGRES_HOST_AUTH_METHOD=trust, and use scram-sha-256 over the network and peer on the socket.',
  references: [cisPostgres('5.3'), cisPostgres('5.4'), documentation('auth-trust'), officialImage],
  static: askFiles(function* (service, stack) {
    const access = hostBasedAccessOf(stack, service);
    if (access.state === 'unknown') {
      yield { outcome: 'unknown', message: access.why, at: access.at };
      return;
    }
    // The image's own lines for socket and loopback stay inside of the container; a written file answers for each line.
    const trusting = access.rules.filter(
      (rule) => rule.method === 'trust' && (access.source === 'file' || reachesNetwork(rule)),
    );
    for (const rule of trusting)
      yield {
        outcome: 'fail',
        message: `${whom(rule.address)} is let in without a password`,
        at: rule.at,
        key: `${rule.type} ${rule.address ?? ''}`.trim(),
      };
    if (trusting.length === 0) yield { outcome: 'pass', message: 'no rule trusts', at: access.at };
  }),
  live: {
    needs: ['postgres'],
    attack: 'connect without a password',
    assess: askServers(function* ({ plaintext, encrypted, rules }) {
      const replies = [plaintext, encrypted].flatMap((answer) => (answer.known ? answer.value : []));
      const trusted = [...new Set(replies.filter(({ reply }) => reply === 'trust').map(({ user }) => user))];
      if (trusted.length > 0) {
        yield { outcome: 'fail', message: `asks nothing of ${trusted.join(', ')}`, key: 'host all' };
        return;
      }
      for (const answer of [plaintext, encrypted, rules])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const [loose] = rules.known ? rules.value.filter((rule) => rule.method === 'trust' && reachesNetwork(rule)) : [];
      yield loose === undefined
        ? { outcome: 'pass', message: 'asked everybody for proof' }
        : { outcome: 'fail', message: `line ${loose.line} of pg_hba.conf trusts`, key: 'host all' };
    }),
  },
};
