import type { Stack } from '../../contracts/stack.ts';

/** One service in the order of starts, with what has to be ready before it. */
export interface Step {
  readonly service: string;
  readonly after: readonly string[];
}

/**
 * The active services, each behind those that it depends on: by `depends_on`, and by the edges that were read from its
 * configuration. A dependency that would close a circle is left out; `depends_on` goes first, so that a text yields to
 * it. `only` narrows to exactly these services.
 */
export const startOrder = (stack: Stack, only?: readonly string[]): readonly Step[] => {
  const wanted = [...stack.services.values()]
    .filter(({ active, name }) => active && (only === undefined || only.includes(name)))
    .map(({ name }) => name);
  const after = new Map(wanted.map((name) => [name, new Set<string>()]));

  const reaches = (from: string, to: string): boolean =>
    from === to || [...(after.get(from) ?? [])].some((next) => reaches(next, to));
  const need = (from: string, to: string): void => {
    if (after.has(from) && after.has(to) && !reaches(to, from)) after.get(from)?.add(to);
  };
  for (const from of wanted) for (const to of stack.services.get(from)?.dependsOn.keys() ?? []) need(from, to);
  for (const { from, to } of stack.edges) need(from, to);

  const steps = new Map<string, Step>();
  const place = (service: string): void => {
    if (steps.has(service)) return;
    const before = [...(after.get(service) ?? [])];
    for (const other of before) place(other);
    steps.set(service, { service, after: before });
  };
  for (const service of wanted) place(service);
  return [...steps.values()];
};
