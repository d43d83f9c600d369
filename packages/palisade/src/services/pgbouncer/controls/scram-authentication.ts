import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askFiles, askPoolers, both } from '../observe.ts';
import { manual } from '../references.ts';

const sound = new Set(['scram-sha-256', 'cert']);

/** B01: clients prove who they are by SCRAM. */
export const control: Control<'pgbouncer'> = {
  id: 'pgbouncer/scram-authentication',
  aliases: ['B01'],
  title: 'PgBouncer authenticates clients with SCRAM-SHA-256',
  severity: 'high',
  rationale:
    'With `any` or `trust` whoever reaches the port is logged in to the database, with `plain` and `md5` whoever listens or steals the list of users is.',
  fix: 'Set auth_type = scram-sha-256, with an auth_query or a list of SCRAM secrets.',
  references: [manual('auth_type')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* ({ setting }) {
    const { value, at } = setting('auth_type');
    if (sound.has(value)) yield { outcome: 'pass', message: `auth_type is ${value}`, at };
    else if (value === 'hba' || value === 'pam')
      yield { outcome: 'unknown', message: `auth_type is ${value}, and what that asks for is decided elsewhere`, at };
    else yield { outcome: 'fail', message: `auth_type is ${value}`, at, key: 'auth_type' };
  }),
  live: {
    needs: ['pgbouncer'],
    attack: 'log in without a password, or with one that can be overheard',
    assess: askPoolers(
      ({ plaintext, encrypted }) => both(plaintext, encrypted),
      function* ([plaintext, encrypted]) {
        const weak = [...plaintext, ...encrypted].filter(
          ({ reply }) => reply === 'trust' || reply === 'password' || reply === 'md5',
        );
        const [first] = weak;
        const users = [...new Set(weak.map(({ user }) => user))].join(', ');
        yield first === undefined
          ? { outcome: 'pass', message: 'asked nobody for less than SCRAM' }
          : {
              outcome: 'fail',
              message:
                first.reply === 'trust' ? `lets in ${users} without a password` : `asks ${users} for ${first.reply}`,
              key: 'auth_type',
            };
      },
    ),
  },
};
