import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { administrator } from '../image.ts';
import { askServers, unanswered } from '../question.ts';
import { cisPostgres, documentation } from '../references.ts';

/** P07: nobody but the local administrator has the rights of one. */
export const control: Control<'postgres'> = {
  id: 'postgres/few-privileged-roles',
  aliases: ['P07'],
  title: 'Only the local administrator of PostgreSQL is a superuser',
  severity: 'medium',
  rationale:
    'SUPERUSER, CREATEROLE and REPLICATION each end in all rights: an application that holds one hands everything over with its first SQL injection.',
  fix: 'ALTER ROLE … NOSUPERUSER NOCREATEROLE NOREPLICATION; palisade harden does it for the roles of consumers.',
  references: [cisPostgres('4.3'), documentation('role-attributes')],
  checklist: ['least-privilege-policies'],
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ roles }, service) {
      if (!roles.known) {
        yield unanswered(roles);
        return;
      }
      const admin = administrator(service);
      const privileged = roles.value.filter(
        ({ name, canLogin, superuser, createRole, replication }) =>
          name !== admin && canLogin && (superuser || createRole || replication),
      );
      for (const { name, superuser, createRole } of privileged)
        yield {
          outcome: 'fail',
          message: `${name} has ${superuser ? 'SUPERUSER' : createRole ? 'CREATEROLE' : 'REPLICATION'}`,
          key: name,
          byFiles: false,
        };
      if (privileged.length === 0)
        yield { outcome: 'pass', message: `no role but ${admin} has the rights of an administrator` };
    }),
  },
};
