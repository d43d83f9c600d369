import { hash } from 'node:crypto';
import type { Peer } from '../address/peer.ts';
import { type Identity, identityKey } from '../identity.ts';
import type { Counter } from './counter.ts';
import type { SettledLimit } from './rules.ts';

type Limits = readonly SettledLimit[];
type Counters = readonly Counter[];

/** The identity enters as a digest, because it can be long and is personal. */
const nameOf = (caller: Peer | Identity): string =>
  'prefix' in caller ? caller.prefix : hash('sha256', identityKey(caller), 'base64url');

const countersOf = (limits: Limits, caller: Peer | Identity): Counters => {
  const name = nameOf(caller);
  return limits
    .filter(({ per }) => (per === 'subject') !== 'prefix' in caller)
    .map(({ name: policy, per, limit, window }) => {
      const key = `${policy}:${per === 'everybody' ? '*' : name}`;
      return { key, name: policy, limit, window };
    });
};

/**
 * What of a list of limits is counted for a caller: by a peer, before anybody looks at credentials, so that failed logins count,
 * those of its address and of everybody; by an identity, after, those of its subject. A caller keeps its counters for as long as it is
 * remembered itself, so that requests with a token that is known make none.
 */
export const createCounters = (): ((limits: Limits, caller: Peer | Identity) => Counters) => {
  const made = new WeakMap<Peer | Identity, Map<Limits, Counters>>();
  return (limits, caller) => {
    const known = made.get(caller)?.get(limits);
    if (known !== undefined) return known;
    const counters = countersOf(limits, caller);
    made.set(caller, (made.get(caller) ?? new Map<Limits, Counters>()).set(limits, counters));
    return counters;
  };
};
