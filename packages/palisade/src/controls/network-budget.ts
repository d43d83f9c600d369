import type { Stack } from '../contracts/stack.ts';
import type { Circle } from './circles.ts';
import { type Unit, mayMeet } from './units.ts';

/**
 * Networks that a project gets at most. The pools of addresses that an engine has by itself hold thirty beside its own
 * bridge, fifteen below 172.16.0.0/12 and sixteen below 192.168.0.0/16, so that two hardened projects fit on one host.
 * Source: `localScopeDefaultNetworks` of moby, libnetwork/ipamutils.
 */
export const networkBudget = 15;

/** Pairs of services that meet on a network of these units although neither calls the other. */
const harmOf = (stack: Stack, units: readonly Unit[]): number => {
  const known = units.filter(({ role }) => role !== 'application');
  const applications = units.filter(({ role }) => role === 'application');
  return known
    .flatMap((unit, index) => [...known.slice(index + 1), ...applications].map((other) => [unit, other] as const))
    .filter(([unit, other]) => !mayMeet(stack, unit, other))
    .reduce((pairs, [unit, other]) => pairs + unit.members.length * other.members.length, 0);
};

const unitsOfBoth = (a: Circle, b: Circle): readonly Unit[] => [...new Set([...a.units, ...b.units])];

/** Of all pairs of networks the one whose joining adds the least harm; the first of equals. */
const cheapest = (stack: Stack, circles: readonly Circle[]): readonly [Circle, Circle] | undefined => {
  const own = new Map(circles.map((circle) => [circle, harmOf(stack, circle.units)]));
  const costs = circles.flatMap((a, index) =>
    circles.slice(index + 1).map((b) => ({
      pair: [a, b] as const,
      harm: harmOf(stack, unitsOfBoth(a, b)) - (own.get(a) ?? 0) - (own.get(b) ?? 0),
    })),
  );
  return costs.toSorted((a, b) => a.harm - b.harm)[0]?.pair;
};

/** The second one gives the name where nothing is given up: of Vault's network and a database's that is the database's. */
const joined = (stack: Stack, a: Circle, b: Circle): Circle => {
  const units = unitsOfBoth(a, b);
  return harmOf(stack, units) === 0 ? { ...b, units } : { family: 'shared', label: '', internal: true, units };
};

/**
 * Joins internal networks until there are no more than `limit`: first those whose members may all meet, which gives up
 * nothing, then those that let the fewest services meet that should not. Networks with a way out stay as they are, so there
 * may be more of them than the limit.
 */
export const withinBudget = (
  stack: Stack,
  circles: readonly Circle[],
  limit: number = networkBudget,
): readonly Circle[] => {
  let rest = circles;
  while (rest.length > limit) {
    const pair = cheapest(
      stack,
      rest.filter(({ internal }) => internal),
    );
    if (pair === undefined) break;
    const [a, b] = pair;
    rest = rest.filter((circle) => circle !== a).map((circle) => (circle === b ? joined(stack, a, b) : circle));
  }
  return rest.map((circle, index) =>
    circle.family === 'shared'
      ? { ...circle, label: String(rest.slice(0, index + 1).filter(({ family }) => family === 'shared').length) }
      : circle,
  );
};
