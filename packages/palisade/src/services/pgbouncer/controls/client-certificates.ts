import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askFiles, askPoolers } from '../observe.ts';
import { manual } from '../references.ts';

/** Clients prove themselves with a certificate beside the password. */
export const control: Control<'pgbouncer'> = {
  id: 'pgbouncer/client-certificates',
  aliases: [],
  title: 'PgBouncer demands client certificates',
  severity: 'medium',
  rationale:
    'A stolen password alone then opens nothing: its thief also needs a private key that never leaves a service.',
  fix: "Set client_tls_sslmode = verify-full and client_tls_ca_file to the stack's authority.",
  references: [manual('client_tls_ca_file')],
  checklist: ['mutual-tls'],
  static: askFiles(function* ({ setting }) {
    const { value, at } = setting('client_tls_sslmode');
    yield value === 'verify-ca' || value === 'verify-full'
      ? { outcome: 'pass', message: `client_tls_sslmode is ${value}`, at }
      : {
          outcome: 'fail',
          message: `client_tls_sslmode ${value} asks nobody for a certificate`,
          at,
          key: 'client_tls_sslmode',
        };
  }),
  live: {
    needs: ['pgbouncer'],
    attack: 'connect without a client certificate',
    assess: askPoolers(
      ({ encrypted, plaintext }) =>
        encrypted.known && plaintext.known
          ? { known: true, value: [...encrypted.value, ...plaintext.value] }
          : encrypted.known
            ? plaintext
            : encrypted,
      function* (replies) {
        const bare = [
          ...new Set(
            replies
              .filter(({ reply }) => reply !== 'certificate-demanded' && reply !== 'refused')
              .map(({ user }) => user),
          ),
        ];
        yield bare.length > 0
          ? {
              outcome: 'fail',
              message: `goes on to authentication without a client certificate for ${bare.join(', ')}`,
              key: 'client_tls_sslmode',
            }
          : replies.some(({ reply }) => reply === 'certificate-demanded')
            ? { outcome: 'pass', message: 'turned away whoever came without a client certificate' }
            : { outcome: 'unknown', message: 'nobody got as far as being asked for a certificate' };
      },
    ),
  },
};
