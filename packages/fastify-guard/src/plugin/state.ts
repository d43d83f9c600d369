import type { FastifyRequest } from 'fastify';
import type { SettledPolicy } from '../access/policy.ts';
import type { Peer } from '../address/peer.ts';
import type { Identity } from '../identity.ts';
import type { Taken } from '../limit/headers.ts';

/** What the guard knows about a request that is being answered. */
export interface RequestState {
  readonly peer: Peer;
  /** `undefined` for a route that does not exist. */
  readonly policy: SettledPolicy | undefined;
  identity: Identity | undefined;
  readonly taken: Taken[];
  /** Code of the problem that was answered. */
  problem: string | undefined;
  /** `open`: nothing recorded. `intent`: about to run. `done`: the end is recorded, or nothing is to be recorded. */
  audit: 'open' | 'intent' | 'done';
}

/** Where the state lies in a request. A weak map would do too, and cost the garbage collector as much time as the rest of the guard. */
export const requestState = Symbol('guard');

declare module 'fastify' {
  interface FastifyRequest {
    /** What the guard knows; `undefined` before it has seen the request. */
    [requestState]: RequestState | undefined;
  }
}

/** Remembers the state of a request. */
export const keepState = (request: FastifyRequest, state: RequestState): void => {
  request[requestState] = state;
};

/** The state of a request; `undefined` before the guard has seen it. */
export const stateOf = (request: FastifyRequest): RequestState | undefined => request[requestState];
