import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { reachesNetwork } from '../host-based-access.ts';
import { hostBasedAccessOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** P02: nobody logs in without TLS. */
export const control: Control<'postgres'> = {
  id: 'postgres/plaintext-refused',
  aliases: ['P02'],
  title: 'PostgreSQL refuses connections without TLS',
  severity: 'high',
  rationale:
    'A server that offers TLS and also takes plaintext leaves the choice to the client, and to whoever stands between: one dropped packet downgrades the connection.',
  fix: 'Write every network rule of pg_hba.conf as hostssl, and end the file with a rule that rejects everything else.',
  references: [cisPostgres('5.4'), documentation('auth-pg-hba-conf')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const access = hostBasedAccessOf(stack, service);
    if (access.state === 'unknown') {
      yield { outcome: 'unknown', message: access.why, at: access.at };
      return;
    }
    const open = access.rules.filter(
      (rule) =>
        reachesNetwork(rule) && rule.type !== 'hostssl' && rule.method !== 'reject' && rule.type !== 'hostgssenc',
    );
    for (const rule of open)
      yield {
        outcome: 'fail',
        message: `a ${rule.type} rule lets ${rule.users.map(({ text }) => text).join(',')} in without TLS`,
        at: rule.at,
        key: rule.users.map(({ text }) => text).join(','),
      };
    if (open.length === 0) yield { outcome: 'pass', message: 'every network rule demands TLS', at: access.at };
  }),
  live: {
    needs: ['postgres'],
    attack: 'connect without TLS',
    assess: askServers(function* ({ plaintext }) {
      if (!plaintext.known) {
        yield unanswered(plaintext);
        return;
      }
      const open = plaintext.value.filter(({ reply }) => reply !== 'refused' && reply !== 'certificate-demanded');
      yield open.length > 0
        ? {
            outcome: 'fail',
            message: `goes on to authentication without TLS for ${open.map(({ user }) => user).join(', ')}`,
          }
        : { outcome: 'pass', message: 'every connection without TLS was refused' };
    }),
  },
};
