import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** P11: not everybody creates objects in the schema public. */
export const control: Control<'postgres'> = {
  id: 'postgres/public-schema-closed',
  aliases: ['P11'],
  title: 'Not every role may create objects in the schema public',
  severity: 'medium',
  rationale:
    'Whoever may create a function or table in public puts it in the search path of everybody else, and has it run with their rights (CVE-2018-1058).',
  fix: 'REVOKE CREATE ON SCHEMA public FROM PUBLIC in every database; palisade harden does it.',
  references: [documentation('ddl-schemas')],
  checklist: ['least-privilege-policies'],
  live: {
    needs: ['postgres'],
    assess: askServers(function* ({ databases }) {
      if (!databases.known) {
        yield unanswered(databases);
        return;
      }
      for (const { name, publicCanCreate } of databases.value) {
        if (!publicCanCreate.known) yield { outcome: 'unknown', message: `${name}: ${publicCanCreate.why}` };
        else if (publicCanCreate.value)
          yield {
            outcome: 'fail',
            message: `everybody creates objects in the schema public of ${name}`,
            key: name,
            byFiles: false,
          };
      }
      if (databases.value.every(({ publicCanCreate }) => publicCanCreate.known && !publicCanCreate.value))
        yield { outcome: 'pass', message: 'the schema public is closed in every database' };
    }),
  },
};
