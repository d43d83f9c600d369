import type { Now } from '../clock.ts';
import { GuardError } from '../errors.ts';
import { type Limiter, createLimiter } from '../limit/limiter.ts';
import { createMemoryStore } from '../limit/memory.ts';
import { type SettledLimit, readRules } from '../limit/rules.ts';
import { requireFunction, requireWholeNumber, unknownOptions } from './check.ts';
import type { LimitOptions } from './options.ts';

/** Limits that were checked, and what counts for them. */
export interface Limits {
  readonly everywhere: readonly SettledLimit[];
  readonly groups: ReadonlyMap<string, readonly SettledLimit[]>;
  readonly limiter: Limiter;
}

/** Milliseconds after which a store that failed is asked again. */
const pause = 1_000;

/** Reads the limits. Throws GuardError. */
export const readLimits = (
  options: LimitOptions,
  now: Now,
  observe: (answers: boolean, reason: string) => void,
): Limits => {
  unknownOptions(options, ['everywhere', 'groups', 'store', 'whenStoreFails', 'timeout'], 'limits');
  const { everywhere = [], groups = {}, store, whenStoreFails, timeout = 250 } = options;
  requireWholeNumber(timeout, 1, 'limits.timeout');
  unknownOptions(groups, Object.keys(groups), 'limits.groups');
  const settled = {
    everywhere: readRules(everywhere, 'all', 'limits.everywhere'),
    groups: new Map(
      Object.entries(groups).map(([name, rules]) => [name, readRules(rules, `group.${name}`, `limits.groups.${name}`)]),
    ),
  };
  if (store === undefined) {
    if (whenStoreFails !== undefined)
      throw new GuardError('guard/option-invalid', 'limits.whenStoreFails is for a store, and limits.store is absent');
    const memory = createMemoryStore({ now });
    return { ...settled, limiter: { take: (counters) => ({ counters, counted: memory.takeNow(counters) }) } };
  }
  requireFunction(store.take, 'limits.store.take');
  if (whenStoreFails === undefined)
    throw new GuardError('guard/option-invalid', "limits.whenStoreFails must say 'refuse' or { instances: number }");
  if (whenStoreFails !== 'refuse') {
    unknownOptions(whenStoreFails, ['instances'], 'limits.whenStoreFails');
    requireWholeNumber(whenStoreFails.instances, 1, 'limits.whenStoreFails.instances');
  }
  return { ...settled, limiter: createLimiter({ store, whenStoreFails, timeout, pause, now, observe }) };
};
