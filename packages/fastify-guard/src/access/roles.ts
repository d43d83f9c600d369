import { GuardError } from '../errors.ts';
import { requireTexts, unknownOptions } from '../options/check.ts';

/** Each role and the roles that it includes: `{ admin: ['user'], user: ['readonly'], readonly: [] }`. */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

/** Which roles somebody has, those that they include too. */
export interface Roles {
  readonly has: (name: string) => boolean;
  /** True where one of the granted roles is one of the wanted ones or includes it. Unknown roles grant nothing. */
  readonly grants: (granted: readonly string[], wanted: readonly string[]) => boolean;
}

/** Reads the table. Throws GuardError `guard/option-invalid` for an unknown role, and for one that includes itself. */
export const readRoles = (table: RoleTable): Roles => {
  unknownOptions(table, Object.keys(table), 'roles');
  const direct = new Map(Object.entries(table));
  for (const [name, included] of direct) {
    requireTexts(included, `roles.${name}`, 0);
    const stray = included.find((other) => !direct.has(other));
    if (stray !== undefined)
      throw new GuardError('guard/option-invalid', `roles.${name} includes ${JSON.stringify(stray)}, which is no role`);
  }
  const closure = (name: string, path: readonly string[]): ReadonlySet<string> => {
    if (path.includes(name))
      throw new GuardError('guard/option-invalid', `the role ${[...path, name].join(' → ')} includes itself`);
    return new Set([name, ...(direct.get(name) ?? []).flatMap((other) => [...closure(other, [...path, name])])]);
  };
  const all = new Map([...direct.keys()].map((name) => [name, closure(name, [])]));
  return {
    has: (name) => direct.has(name),
    grants: (granted, wanted) =>
      granted.some((role) => {
        const reached = all.get(role);
        return reached !== undefined && wanted.some((want) => reached.has(want));
      }),
  };
};
