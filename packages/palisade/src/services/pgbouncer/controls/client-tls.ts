import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askFiles, askPoolers, both } from '../observe.ts';
import { manual } from '../references.ts';

const demanding = new Set(['require', 'verify-ca', 'verify-full']);

/** B02: clients come over TLS alone. */
export const control: Control<'pgbouncer'> = {
  id: 'pgbouncer/client-tls',
  aliases: ['B02'],
  title: 'PgBouncer accepts clients over TLS only',
  severity: 'high',
  rationale:
    'TLS is off by default, so that queries, rows and logins of every application can be read and changed on the way.',
  fix: 'Set client_tls_sslmode = verify-full, with certificate, key and authority.',
  references: [manual('client_tls_sslmode')],
  checklist: ['tls-only'],
  static: askFiles(function* ({ setting }) {
    const { value, at } = setting('client_tls_sslmode');
    yield demanding.has(value)
      ? { outcome: 'pass', message: `client_tls_sslmode is ${value}`, at }
      : { outcome: 'fail', message: `client_tls_sslmode is ${value}`, at, key: 'client_tls_sslmode' };
  }),
  live: {
    needs: ['pgbouncer'],
    attack: 'connect without TLS',
    assess: askPoolers(
      ({ plaintext, tls }) => both(plaintext, tls),
      function* ([plaintext, tls]) {
        const open = plaintext.filter(({ reply }) => reply !== 'refused');
        const old = tls.versions.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
        if (open.length > 0)
          yield {
            outcome: 'fail',
            message: `goes on to authentication without TLS for ${open.map(({ user }) => user).join(', ')}`,
            key: 'client_tls_sslmode',
          };
        else if (plaintext.some(({ detail }) => !/SSL required/i.test(detail ?? '')))
          yield { outcome: 'unknown', message: 'refused every user, but not for want of TLS' };
        else if (!tls.offered) yield { outcome: 'unknown', message: 'demands TLS and does not offer it' };
        else if (old.length > 0)
          yield { outcome: 'fail', message: `still speaks ${old.join(' and ')}`, key: 'client_tls_protocols' };
        else if (tls.trusted === false)
          yield {
            outcome: 'fail',
            message: "the certificate does not verify against the stack's authority",
            key: 'certificate',
          };
        else yield { outcome: 'pass', message: 'every connection without TLS was refused' };
      },
    ),
  },
};
