import type { Network, Stack } from '../contracts/stack.ts';
import { isOwnBridge } from './bridge-names.ts';
import { type Circle, circlesOf } from './circles.ts';
import { withinBudget } from './network-budget.ts';

/** One network of the hardened posture. */
export interface Segment {
  readonly name: string;
  /** True where nothing outside of the project is to be reached. */
  readonly internal: boolean;
  readonly members: readonly string[];
}

const membersOf = ({ units }: Circle): readonly string[] => units.flatMap(({ members }) => members);

/** The services that a network has now. */
const joinedBy = (stack: Stack, { name }: Network): ReadonlySet<string> =>
  new Set(
    [...stack.services.values()]
      .filter(({ networks }) => networks.some(({ network }) => network === name))
      .map((service) => service.name),
  );

/** Gives out each name once: `data`, then `data-2`. */
const uniqueNames = (given: readonly string[]): ((wanted: string) => string) => {
  const taken = new Set(given);
  return (wanted) => {
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    return name;
  };
};

/** The name of a circle that finds none: the only one of its family is called `vault-network`, `database-network` or `app-network`. */
const ownName = (circles: readonly Circle[], { family, label }: Circle): string =>
  `${family}-${circles.filter((other) => other.family === family).length === 1 ? 'network' : label}`;

/**
 * A network that has just these members already keeps its name, unless that is the proper name of another one: whoever
 * drew it right by hand finds it again.
 */
const named = (stack: Stack, circles: readonly Circle[]): readonly Segment[] => {
  const existing = [...stack.networks.values()].filter(({ implicit }) => !implicit);
  const usable = existing.filter(isOwnBridge).map((network) => ({ ...network, members: joinedBy(stack, network) }));
  const foreign = existing.filter((network) => !isOwnBridge(network)).map(({ name }) => name);
  const segments = circles.map((circle) => {
    const members = membersOf(circle);
    const wanted = ownName(circles, circle);
    const kept = usable.find(
      ({ name, members: present }) =>
        present.size === members.length &&
        members.every((member) => present.has(member)) &&
        circles.every((other) => other === circle || ownName(circles, other) !== name),
    );
    return { wanted, internal: circle.internal, members, kept: kept?.name };
  });
  const nameFor = uniqueNames([...foreign, ...segments.flatMap(({ kept }) => kept ?? [])]);
  return segments.map(({ wanted, internal, members, kept }) => ({ name: kept ?? nameFor(wanted), internal, members }));
};

/**
 * The networks that the calls between services ask for, and no more: nobody shares one with a service that it does not
 * call and that does not call it, so who reaches whom is who has to do with whom. Vault, each data store and each pooler
 * meets every other of them that it has to do with on a network of the two, and its applications on another one; the
 * nodes of a cluster are one. The applications meet on `app-network`, because their calls to each other need not stand in
 * a file. It is the only one with a way out, unless Vault publishes a port.
 *
 * Where that were more networks than `networkBudget`, some are joined; what that gives up, N07 goes on to report.
 */
export const segmentsOf = (stack: Stack): readonly Segment[] => {
  const known = remembered.get(stack);
  if (known !== undefined) return known;
  const segments = named(stack, withinBudget(stack, circlesOf(stack)));
  remembered.set(stack, segments);
  return segments;
};

/** A stack never changes, and every finding asks for its segments. */
const remembered = new WeakMap<Stack, readonly Segment[]>();
