import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { majorVersion } from '../image.ts';
import { hostBasedAccessOf, settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

const weak = new Set(['md5', 'password', 'ident']);

/** P04: passwords are stored and proven by SCRAM-SHA-256. */
export const control: Control<'postgres'> = {
  id: 'postgres/scram-passwords',
  aliases: ['P04'],
  title: 'PostgreSQL stores and checks passwords with SCRAM-SHA-256',
  severity: 'high',
  rationale:
    'A stolen MD5 hash of PostgreSQL logs in as it is, without being cracked, and the method password sends the password itself.',
  fix: "Set password_encryption = 'scram-sha-256', write scram-sha-256 in pg_hba.conf, and set every password anew.",
  references: [cisPostgres('5.4'), documentation('auth-password')],
  static: askFiles(function* (service, stack) {
    const byDefault = (majorVersion(service) ?? 14) >= 14 ? 'scram-sha-256' : 'md5';
    yield* judgeSetting(settingsOf(stack, service)('password_encryption'), byDefault, (value) =>
      value.toLowerCase() === 'scram-sha-256'
        ? { outcome: 'pass', message: 'new passwords are stored as SCRAM verifiers' }
        : { outcome: 'fail', message: `new passwords are stored as ${value}`, key: 'password_encryption' },
    );
    const access = hostBasedAccessOf(stack, service);
    if (access.state === 'unknown') yield { outcome: 'unknown', message: access.why, at: access.at };
    else
      for (const rule of access.rules)
        if (weak.has(rule.method))
          yield {
            outcome: 'fail',
            message: `a rule admits the method ${rule.method}`,
            at: rule.at,
            key: `method ${rule.method}`,
          };
  }),
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ roles, settings, plaintext, encrypted }) {
      for (const answer of [roles, settings, plaintext, encrypted]) if (!answer.known) yield unanswered(answer);
      const asked = [plaintext, encrypted].flatMap((answer) => (answer.known ? answer.value : []));
      const weakly = asked.filter(({ reply }) => reply === 'md5' || reply === 'password');
      const stored = roles.known
        ? roles.value.filter(({ canLogin, password }) => canLogin && (password === 'md5' || password === 'other'))
        : [];
      const encryption = settings.known ? (settings.value['password_encryption'] ?? 'scram-sha-256') : 'scram-sha-256';
      if (encryption !== 'scram-sha-256')
        yield { outcome: 'fail', message: `password_encryption is ${encryption}`, key: 'password_encryption' };
      for (const { name, password } of stored)
        yield {
          outcome: 'fail',
          message: `the password of ${name} is stored as ${password}`,
          key: `role ${name}`,
          byFiles: false,
        };
      if (weakly.length > 0)
        yield {
          outcome: 'fail',
          message: `asks ${weakly.map(({ user }) => user).join(', ')} for ${weakly[0]?.reply ?? ''}`,
          key: 'method md5',
        };
      if (encryption === 'scram-sha-256' && stored.length === 0 && weakly.length === 0 && roles.known && settings.known)
        yield { outcome: 'pass', message: 'every stored password is a SCRAM verifier' };
    }),
  },
};
