import type { Stack } from '../contracts/stack.ts';
import { type Unit, mayMeet, unitCalls, unitsOf } from './units.ts';

/** A network that the calls ask for, without its name. */
export interface Circle {
  /** What its name begins with, so that the networks of Vault, of the databases and of the applications are told apart. */
  readonly family: 'vault' | 'database' | 'app' | 'shared';
  /** The rest of its name. */
  readonly label: string;
  /** True where nothing outside of the project is to be reached. */
  readonly internal: boolean;
  readonly units: readonly Unit[];
}

/** A port of a container on internal networks alone is never bound. Data has to stay in; Vault is asked from outside. */
const isPublished = (stack: Stack, { role, members }: Unit): boolean =>
  role === 'vault' && members.some((name) => (stack.services.get(name)?.ports.length ?? 0) > 0);

/** Vault's networks are called after the other side, where there is one Vault only. */
const vaultsLabel = (stack: Stack, vault: Unit, other: string): string =>
  unitsOf(stack).filter(({ role }) => role === 'vault').length === 1 ? other : `${vault.label}-${other}`;

/** The network of two units of which one calls the other, the called one first. */
const between = (stack: Stack, a: Unit, b: Unit): Circle => {
  const swapped = a.role === 'vault' ? false : b.role === 'vault' || unitCalls(stack, a, b);
  const [first, second] = swapped ? [b, a] : [a, b];
  return {
    ...(first.role === 'vault'
      ? { family: 'vault', label: vaultsLabel(stack, first, second.label) }
      : { family: 'database', label: `${first.label}-${second.label}` }),
    internal: true,
    units: [first, second],
  };
};

/** The network of a unit and of all applications that have to do with it; they meet on their own network anyway. */
const withApplications = (stack: Stack, unit: Unit, applications: readonly Unit[]): Circle => ({
  ...(unit.role === 'vault'
    ? { family: 'vault', label: vaultsLabel(stack, unit, applications.length === 0 ? 'host' : 'app') }
    : { family: 'database', label: unit.label }),
  internal: !isPublished(stack, unit),
  units: [unit, ...applications],
});

/**
 * The networks that the calls ask for, each as small as it can be: Vault's first, then those of data stores and poolers,
 * then the one of the applications.
 */
export const circlesOf = (stack: Stack): readonly Circle[] => {
  const units = unitsOf(stack);
  const applications = units.filter(({ role }) => role === 'application');
  const known = units.filter(({ role }) => role !== 'application');
  const circles = known.flatMap((unit, index) => {
    const callers = applications.filter((application) => mayMeet(stack, unit, application));
    const others = known.slice(index + 1).filter((other) => mayMeet(stack, unit, other));
    const isAlone = known.every((other) => other === unit || !mayMeet(stack, unit, other));
    return [
      ...others.map((other) => between(stack, unit, other)),
      ...(callers.length > 0 || isAlone || isPublished(stack, unit) ? [withApplications(stack, unit, callers)] : []),
    ];
  });
  return [
    ...circles.filter(({ family }) => family === 'vault'),
    ...circles.filter(({ family }) => family === 'database'),
    ...(applications.length === 0
      ? []
      : [{ family: 'app', label: 'network', internal: false, units: applications } as const]),
  ];
};
