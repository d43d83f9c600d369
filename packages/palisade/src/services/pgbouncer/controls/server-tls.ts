import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askFiles, askPoolers } from '../observe.ts';
import { manual } from '../references.ts';

/** B03: the server behind the pooler is verified. */
export const control: Control<'pgbouncer'> = {
  id: 'pgbouncer/server-tls',
  aliases: ['B03'],
  title: 'PgBouncer verifies PostgreSQL',
  severity: 'high',
  rationale:
    'By default the pooler takes whatever answers, without TLS where that is not offered: whoever stands between receives every query of every application.',
  fix: 'Set server_tls_sslmode = verify-full and server_tls_ca_file.',
  references: [manual('server_tls_sslmode')],
  checklist: ['tls-only'],
  static: askFiles(function* ({ setting }) {
    const { value, at } = setting('server_tls_sslmode');
    yield value === 'verify-full'
      ? { outcome: 'pass', message: 'server_tls_sslmode is verify-full', at }
      : { outcome: 'fail', message: `server_tls_sslmode is ${value}`, at, key: 'server_tls_sslmode' };
  }),
  live: {
    needs: ['pgbouncer'],
    assess: askPoolers(
      ({ settings }) => settings,
      function* (settings) {
        const value = settings['server_tls_sslmode'];
        yield value === undefined
          ? { outcome: 'unknown', message: 'the console does not tell server_tls_sslmode' }
          : value === 'verify-full'
            ? { outcome: 'pass', message: 'runs with server_tls_sslmode verify-full' }
            : { outcome: 'fail', message: `runs with server_tls_sslmode ${value}`, key: 'server_tls_sslmode' };
      },
    ),
  },
};
