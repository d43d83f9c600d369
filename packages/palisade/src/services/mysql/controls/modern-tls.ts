import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isAtLeast, productOf } from '../image.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { manual } from '../references.ts';

/** Versions that RFC 8996 has put out of use, and those before them. */
const isOld = (version: string): boolean => /^(?:SSLv|TLSv1(?:\.[01])?$)/i.test(version.trim());

/** What the server takes where nobody says: no old versions since MySQL 8.0.28 and MariaDB 10.11.6. */
const modern = 'TLSv1.2,TLSv1.3';

/** TLS before 1.2 is not spoken. */
export const control: Control<'mysql'> = {
  id: 'mysql/modern-tls',
  aliases: [],
  title: 'MySQL speaks TLS 1.2 and later alone',
  severity: 'medium',
  rationale: 'TLS 1.0 and 1.1 have known weaknesses; whoever stands between can force a client down to them.',
  fix: 'Set tls_version=TLSv1.2,TLSv1.3.',
  references: [
    manual('server-system-variables', 'sysvar_tls_version'),
    { source: 'RFC 8996', url: 'https://www.rfc-editor.org/rfc/rfc8996' },
  ],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const isModern = isAtLeast(service, productOf(service) === 'mariadb' ? [10, 11, 6] : [8, 0, 28]);
    const byDefault = isModern === undefined ? undefined : isModern ? modern : 'TLSv1.1,TLSv1.2,TLSv1.3';
    yield* judgeSetting(settingsOf(stack, service)('tls_version'), byDefault, (value) => {
      const old = value.split(',').filter(isOld);
      return old.length > 0
        ? { outcome: 'fail', message: `${old.join(' and ')} may be spoken` }
        : { outcome: 'pass', message: 'no version before TLS 1.2 may be spoken' };
    });
  }),
  live: {
    needs: ['mysql'],
    attack: 'connect with TLS 1.0 or 1.1',
    assess: askServers(function* ({ tlsVersions, settings }) {
      // Who may not come from here at all gets no handshake either; then the server is asked what it would take.
      const taken =
        settings.known && settings.value['have_ssl'] !== 'DISABLED' ? settings.value['tls_version'] : undefined;
      if (!tlsVersions.known && taken !== undefined)
        yield taken.split(',').some(isOld)
          ? { outcome: 'fail', message: `would take ${taken}` }
          : { outcome: 'pass', message: `would take ${taken} alone` };
      else if (!tlsVersions.known) yield unanswered(tlsVersions);
      else if (tlsVersions.value.length === 0) yield { outcome: 'fail', message: 'speaks no TLS at all' };
      else {
        const old = tlsVersions.value.filter(isOld);
        yield old.length > 0
          ? { outcome: 'fail', message: `took ${old.join(' and ')}` }
          : { outcome: 'pass', message: `took ${tlsVersions.value.join(' and ')} alone` };
      }
    }),
  },
};
