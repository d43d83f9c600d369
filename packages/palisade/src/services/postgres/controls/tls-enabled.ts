import type { Control } from '../../../contracts/control.ts';
import { parseBoolean } from '../configuration-file.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

const old = /^(TLSv1|TLSv1\.1|)$/;

/** P01: the server speaks TLS, in a version that still holds. */
export const control: Control<'postgres'> = {
  id: 'postgres/tls-enabled',
  aliases: ['P01'],
  title: 'PostgreSQL offers TLS 1.2 or later',
  severity: 'high',
  rationale:
    'Without TLS everybody on the path reads queries, rows and password exchanges, and can change them. TLS before 1.2 has known breaks.',
  fix: "Set ssl = on with a certificate of the stack's authority, and ssl_min_protocol_version = 'TLSv1.2'.",
  references: [cisPostgres('6.8'), cisPostgres('6.9'), documentation('ssl-tcp')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    yield* judgeSetting(setting('ssl'), 'off', (value) =>
      parseBoolean(value) === true
        ? { outcome: 'pass', message: 'ssl is on' }
        : { outcome: 'fail', message: 'ssl is off, so nothing on the wire is encrypted', key: 'ssl' },
    );
    const version = setting('ssl_min_protocol_version');
    if (version.state !== 'set') return;
    yield* judgeSetting(version, 'TLSv1.2', (value) =>
      old.test(value)
        ? {
            outcome: 'fail',
            message: `ssl_min_protocol_version admits ${value || 'any version'}`,
            key: 'ssl_min_protocol_version',
          }
        : { outcome: 'pass', message: `TLS starts at ${value}` },
    );
  }),
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ tls }) {
      if (!tls.known) yield unanswered(tls);
      else if (!tls.value.offered) yield { outcome: 'fail', message: 'the server declines TLS', key: 'ssl' };
      else {
        const weak = tls.value.versions.filter((version) => old.test(version));
        yield weak.length > 0
          ? {
              outcome: 'fail',
              message: `the server still speaks ${weak.join(' and ')}`,
              key: 'ssl_min_protocol_version',
            }
          : tls.value.trusted === false
            ? {
                outcome: 'fail',
                message: "the certificate does not verify against the stack's authority",
                key: 'certificate',
              }
            : { outcome: 'pass', message: `speaks ${tls.value.versions.join(' and ')}` };
      }
    }),
  },
};
