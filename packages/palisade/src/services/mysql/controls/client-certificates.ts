import type { Control } from '../../../contracts/control.ts';
import { administrator } from '../consumers.ts';
import '../evidence.ts';
import { hardenedEntrypoint, settingsOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** Every account that the network reaches has to show a certificate. */
export const control: Control<'mysql'> = {
  id: 'mysql/client-certificates',
  aliases: [],
  title: 'Accounts of MySQL have to show a certificate',
  severity: 'medium',
  rationale:
    'A password alone can be stolen and used from anywhere; REQUIRE SUBJECT ties the account to a key that never leaves its owner.',
  fix: 'Give the server ssl_ca, and its accounts REQUIRE SUBJECT or REQUIRE X509; palisade harden and up do both.',
  references: [manual('create-user'), manual('using-encrypted-connections')],
  checklist: ['mutual-tls'],
  static: askFiles(function* (service, stack) {
    const authority = settingsOf(stack, service)('ssl_ca');
    if (authority.state === 'unknown') yield { outcome: 'unknown', message: authority.why, at: authority.at };
    else if (authority.state === 'default' || authority.value === '')
      yield { outcome: 'fail', message: 'no authority is named that a certificate could come from', at: authority.at };
    else if (hardenedEntrypoint(service) === undefined)
      yield { outcome: 'unknown', message: 'what an account has to show is data; ask the server', at: authority.at };
    else
      yield {
        outcome: 'pass',
        message: 'accounts are made with the certificate that they have to show',
        at: authority.at,
      };
  }),
  live: {
    needs: ['mysql'],
    attack: 'log in without a client certificate',
    assess: askServers(function* ({ knownLogins, nobody, accounts }) {
      const without = knownLogins.known ? knownLogins.value.accepted.filter(({ way }) => way !== 'certificate') : [];
      if (without.length > 0 || (nobody.known && [nobody.value.plaintext, nobody.value.tls].includes('let-in'))) {
        yield { outcome: 'fail', message: 'let somebody in without a certificate' };
        return;
      }
      for (const answer of [nobody, accounts])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const reachable = (accounts.known ? accounts.value : []).filter(
        ({ user, host, locked }) => !locked && !(user === administrator.user && host === administrator.host),
      );
      const bare = reachable.filter(({ certificate }) => certificate !== 'x509' && certificate !== 'subject');
      for (const { user, host } of bare)
        yield {
          outcome: 'fail',
          message: `${user} of ${host} need show no certificate`,
          key: `${user}@${host}`,
          byFiles: false,
        };
      if (bare.length === 0)
        yield { outcome: 'pass', message: 'every account that the network reaches has to show a certificate' };
    }),
  },
};
