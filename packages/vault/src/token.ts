import { type CallOptions, type Send, listKeys } from './call.ts';
import type { Answer } from './call.ts';
import type { Fields } from './fields.ts';
import type { Secret } from './secret.ts';

/** What a login or a renewal gives. */
export interface Grant {
  readonly token: Secret;
  readonly accessor: string;
  /** Seconds from now; 0 for a token that does not end. */
  readonly ttl: number;
  readonly renewable: boolean;
  readonly policies: readonly string[];
}

/** What the server knows about a token; never the token itself. */
export interface TokenInformation {
  readonly accessor: string;
  readonly policies: readonly string[];
  /** Seconds from now; 0 for a token that does not end. */
  readonly ttl: number;
  readonly renewable: boolean;
  readonly orphan: boolean;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Functions below `auth/token`. */
export interface TokenFunctions {
  readonly lookupSelf: (options?: CallOptions) => Promise<TokenInformation>;
  /** Asks for `increment` seconds more; the server may give less. */
  readonly renewSelf: (increment?: number, options?: CallOptions) => Promise<Grant>;
  readonly revokeSelf: (options?: CallOptions) => Promise<void>;
  readonly lookup: (token: Secret, options?: CallOptions) => Promise<TokenInformation>;
  readonly lookupAccessor: (accessor: string, options?: CallOptions) => Promise<TokenInformation>;
  readonly revokeAccessor: (accessor: string, options?: CallOptions) => Promise<void>;
  /** Accessors of all tokens; needs the capability sudo. */
  readonly accessors: (options?: CallOptions) => Promise<string[]>;
}

/** The member `auth` of an answer. */
export const grantOf = (answer: Answer): Grant => {
  const auth = answer.body.fields('auth');
  return {
    token: auth.secret('client_token'),
    accessor: auth.text('accessor'),
    ttl: auth.number('lease_duration'),
    renewable: auth.boolean('renewable'),
    policies: auth.texts('policies'),
  };
};

const informationOf = (data: Fields): TokenInformation => {
  const metadata = data.optionalFields('meta');
  return {
    accessor: data.text('accessor'),
    policies: data.texts('policies'),
    ttl: data.number('ttl'),
    renewable: data.has('renewable') && data.boolean('renewable'),
    orphan: data.has('orphan') && data.boolean('orphan'),
    metadata: new Map(metadata?.names().map((name) => [name, String(metadata.raw(name))])),
  };
};

/** The functions below `auth/token`. */
export const token = (send: Send): TokenFunctions => ({
  lookupSelf: async (options) =>
    informationOf((await send({ method: 'GET', path: 'auth/token/lookup-self' }, options)).data()),
  renewSelf: async (increment, options) =>
    grantOf(
      await send(
        {
          method: 'POST',
          path: 'auth/token/renew-self',
          body: increment === undefined ? {} : { increment: `${increment}s` },
        },
        options,
      ),
    ),
  revokeSelf: async (options) => {
    await send({ method: 'POST', path: 'auth/token/revoke-self', body: {} }, options);
  },
  lookup: async (other, options) =>
    informationOf(
      (
        await send({ method: 'POST', path: 'auth/token/lookup', body: { token: other }, repeatable: true }, options)
      ).data(),
    ),
  lookupAccessor: async (accessor, options) =>
    informationOf(
      (
        await send(
          { method: 'POST', path: 'auth/token/lookup-accessor', body: { accessor }, repeatable: true },
          options,
        )
      ).data(),
    ),
  revokeAccessor: async (accessor, options) => {
    await send({ method: 'POST', path: 'auth/token/revoke-accessor', body: { accessor } }, options);
  },
  accessors: (options) => listKeys(send, 'auth/token/accessors', options),
});
