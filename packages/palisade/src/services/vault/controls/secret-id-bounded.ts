import type { Control } from '../../../contracts/control.ts';
import type { RoleBounds } from '../evidence.ts';
import { judgeAnswers, some } from '../observe.ts';
import { appRole } from '../references.ts';

const faultOf = ({ role, secretIdTtl, boundCidrs }: RoleBounds): string | undefined => {
  const faults = [
    ...(secretIdTtl === 0 ? ['never end'] : []),
    ...(boundCidrs.length === 0 || boundCidrs.includes('0.0.0.0/0') || boundCidrs.includes('::/0')
      ? ['work from every address']
      : []),
  ];
  return faults.length === 0 ? undefined : `those of ${role} ${faults.join(' and ')}`;
};

/** V15: a secret-id ends, and works from the service's own network only. */
export const control: Control<'vault'> = {
  id: 'vault/secret-id-bounded',
  aliases: ['V15'],
  title: 'Secret-ids end and are bound to addresses',
  severity: 'medium',
  rationale:
    'A secret-id without TTL and address is a password that never changes: whoever copies it once logs in with it for ever, from anywhere.',
  fix: 'Give the role secret_id_ttl and secret_id_bound_cidrs, and deliver new secret-ids before the old ones end.',
  references: [appRole],
  checklist: ['approle'],
  live: {
    needs: ['vault'],
    assess: (_stack, evidence) =>
      judgeAnswers(
        evidence,
        (answers) => answers.roles,
        (roles, name) => {
          const faults = roles.flatMap((role) => faultOf(role) ?? []);
          if (roles.length === 0) return { outcome: 'not-applicable', message: 'no AppRole role exists' };
          return faults.length > 0
            ? { outcome: 'fail', message: `${name} hands out secret-ids without bounds: ${some(faults)}` }
            : { outcome: 'pass', message: `the secret-ids of ${roles.length} roles end and are bound to addresses` };
        },
      ),
  },
};
