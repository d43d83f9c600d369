import type { Control } from '../../../contracts/control.ts';
import { administrator } from '../consumers.ts';
import '../evidence.ts';
import { askServers, unanswered } from '../question.ts';
import { manual, securityChecklist } from '../references.ts';

/** Roles that reach beyond one database, or over its accounts. Source: MongoDB manual, built-in roles. */
const powerful =
  /^(?:root|__system|dbOwner|userAdmin|userAdminAnyDatabase|readWriteAnyDatabase|readAnyDatabase|dbAdminAnyDatabase|clusterAdmin|clusterManager|hostManager|backup|restore)@/;

/** G13: nobody but the administrator may administer. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/least-privilege',
  aliases: ['G13'],
  title: 'No account of MongoDB but the administrator reaches beyond its own database',
  severity: 'high',
  rationale:
    'An application with root, or with any role over all databases, hands all of that to whoever takes over the application.',
  fix: 'Give every consumer readWrite on its own database alone; palisade harden does.',
  references: [securityChecklist, manual('reference/built-in-roles')],
  checklist: ['least-privilege-policies'],
  live: {
    needs: ['mongodb'],
    assess: askServers(function* ({ product, accounts }) {
      if (product.known && product.value === 'ferretdb') {
        yield { outcome: 'not-applicable', message: 'FerretDB, which stands in for MongoDB, has no roles' };
        return;
      }
      if (!accounts.known) {
        yield unanswered(accounts);
        return;
      }
      const found = accounts.value.filter(
        ({ name, roles }) => name !== administrator && roles.some((role) => powerful.test(role)),
      );
      for (const { name, database, roles } of found)
        yield { outcome: 'fail', message: `${name} has ${roles.join(', ')}`, key: `${database}.${name}` };
      if (found.length === 0)
        yield { outcome: 'pass', message: 'the administrator alone has roles beyond one database' };
    }),
  },
};
