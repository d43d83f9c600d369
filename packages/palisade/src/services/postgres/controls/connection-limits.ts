import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf } from '../posture.ts';
import { askFiles, askServers, judgeSetting, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** More connections than this are no limit: each is a process with memory of its own. */
const sensible = 500;

/** P16: no role, no database and no client takes every connection. */
export const control: Control<'postgres'> = {
  id: 'postgres/connection-limits',
  aliases: ['P16'],
  title: 'Roles and databases of PostgreSQL have connection limits',
  severity: 'medium',
  rationale:
    'One faulty or hostile client that opens connections until none is left takes the database away from everybody.',
  fix: 'ALTER ROLE … CONNECTION LIMIT 20 and ALTER DATABASE … CONNECTION LIMIT 50; palisade harden does both.',
  references: [cisPostgres('5.5'), documentation('sql-alterrole'), documentation('sql-alterdatabase')],
  checklist: ['rate-limiting'],
  static: askFiles(function* (service, stack) {
    yield* judgeSetting(settingsOf(stack, service)('max_connections'), '100', (value) =>
      Number(value) <= sensible
        ? { outcome: 'pass', message: `the server takes ${value} connections at most` }
        : { outcome: 'fail', message: `the server takes ${value} connections`, key: 'max_connections' },
    );
  }),
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ roles, databases }) {
      for (const answer of [roles, databases])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const open = [
        ...(roles.known
          ? roles.value
              .filter(({ canLogin, superuser, connectionLimit }) => canLogin && !superuser && connectionLimit < 0)
              .map(({ name }) => `role ${name}`)
          : []),
        ...(databases.known
          ? databases.value
              // The maintenance database is closed to everybody but administrators, whom no limit binds.
              .filter(
                ({ name, connectionLimit, publicCanConnect }) =>
                  connectionLimit < 0 && (name !== 'postgres' || publicCanConnect),
              )
              .map(({ name }) => `database ${name}`)
          : []),
      ];
      for (const name of open)
        yield { outcome: 'fail', message: `the ${name} has no connection limit`, key: name, byFiles: false };
      if (open.length === 0) yield { outcome: 'pass', message: 'every login role and database has a limit' };
    }),
  },
};
