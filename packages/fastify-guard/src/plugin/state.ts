import type { FastifyRequest } from 'fastify';
import type { SettledPolicy } from '../access/policy.ts';
import type { Identity } from '../identity.ts';
import type { Taken } from '../limit/headers.ts';

/** What the guard knows about a request that is being answered. */
export interface RequestState {
  readonly address: string;
  /** `undefined` for a route that does not exist. */
  readonly policy: SettledPolicy | undefined;
  identity: Identity | undefined;
  readonly taken: Taken[];
  /** Code of the problem that was answered. */
  problem: string | undefined;
  /** `open`: nothing recorded. `intent`: about to run. `done`: the end is recorded, or nothing is to be recorded. */
  audit: 'open' | 'intent' | 'done';
}

const states = new WeakMap<FastifyRequest['raw'], RequestState>();

/** Remembers the state of a request. */
export const keepState = (request: FastifyRequest, state: RequestState): void => void states.set(request.raw, state);

/** The state of a request; `undefined` before the guard has seen it. */
export const stateOf = (request: FastifyRequest): RequestState | undefined => states.get(request.raw);
