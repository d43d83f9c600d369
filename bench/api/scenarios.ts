import type { SigningAlgorithm } from './tokens.ts';

/** One kind of request, and the answer that all servers have to give to it. */
export interface Scenario {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** So many different tokens take turns; none where absent. */
  readonly tokens?: { readonly algorithm: SigningAlgorithm; readonly count: number };
  readonly body?: string;
  readonly status: number;
  /** The JSON that is answered; `undefined` for no body, or one that every server words in its own way. */
  readonly answer: unknown;
  /** Bare Fastify counts nothing, and so it has no answer of its own to a request over a limit. */
  readonly withoutBare?: true;
  /** Measured over TLS too. */
  readonly overTls?: true;
}

const one = { algorithm: 'ES256', count: 1 } as const;
const me = { method: 'GET', path: '/me', status: 200, answer: { subject: 'u-17', plan: 'free' } } as const;

/** More than the guard remembers (1000), in turns: each is verified anew. */
const moreThanRemembered = 4096;

/** What is measured. The same in each run. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'public GET',
    method: 'GET',
    path: '/public',
    status: 200,
    answer: { service: 'bench', version: '1.0.0', ready: true },
    overTls: true,
  },
  { ...me, name: 'bearer, one token', tokens: one, overTls: true },
  { ...me, name: 'bearer, 64 tokens', tokens: { algorithm: 'ES256', count: 64 } },
  { ...me, name: 'bearer, new token each (ES256)', tokens: { algorithm: 'ES256', count: moreThanRemembered } },
  { ...me, name: 'bearer, new token each (EdDSA)', tokens: { algorithm: 'EdDSA', count: moreThanRemembered } },
  { name: 'role', method: 'GET', path: '/admin', tokens: one, status: 200, answer: { users: 3, locked: 0 } },
  { ...me, name: 'limit per subject, not reached', path: '/limited', tokens: one },
  { name: 'limit reached (429)', method: 'GET', path: '/exhausted', status: 429, answer: undefined, withoutBare: true },
  {
    name: 'POST, validated body',
    method: 'POST',
    path: '/notes',
    tokens: one,
    body: JSON.stringify({ title: 'A note', text: 'Some words of a note. '.repeat(8), tags: ['a', 'b', 'c'] }),
    status: 201,
    answer: { id: 1, title: 'A note', tags: 3 },
  },
  { name: 'DELETE, role, audited', method: 'DELETE', path: '/users/17', tokens: one, status: 204, answer: undefined },
];
