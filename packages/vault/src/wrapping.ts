import type { Answer, CallOptions, Send } from './call.ts';
import type { Fields } from './fields.ts';
import type { Secret } from './secret.ts';

/** A token that holds one answer, for one reading. */
export interface WrappedAnswer {
  readonly token: Secret;
  /** The path of the call whose answer it holds. Whoever receives one checks it before unwrapping. */
  readonly creationPath: string;
  /** Seconds. */
  readonly ttl: number;
  /** Accessor of a token that the answer holds, or of a secret-id; absent where it holds neither. */
  readonly wrappedAccessor: string | undefined;
}

/** Functions below `sys/wrapping`. */
export interface Wrapping {
  /** What a wrapping token holds, without using it up. */
  readonly lookup: (
    token: Secret,
    options?: CallOptions,
  ) => Promise<{ readonly creationPath: string; readonly creationTtl: number }>;
  /**
   * Takes the answer out; the token is dead afterwards. Never tried again.
   *
   * @throws VaultError `vault/wrapping-token-invalid` where it was used before, has expired or never was.
   */
  readonly unwrap: (token: Secret, options?: CallOptions) => Promise<Fields>;
}

/** The wrapped answer to a call with `wrapTtl`. */
export const wrappedAnswerOf = (answer: Answer): WrappedAnswer => {
  const info = answer.body.fields('wrap_info');
  return {
    token: info.secret('token'),
    creationPath: info.text('creation_path'),
    ttl: info.number('ttl'),
    wrappedAccessor: info.optionalText('wrapped_accessor'),
  };
};

/** The functions below `sys/wrapping`. */
export const wrapping = (send: Send): Wrapping => ({
  lookup: async (token, options) => {
    const { data } = await send(
      { method: 'POST', path: 'sys/wrapping/lookup', token: null, body: { token }, repeatable: true },
      options,
    );
    return { creationPath: data().text('creation_path'), creationTtl: data().number('creation_ttl') };
  },
  // The wrapping token goes into the header and nowhere else: given in the body too, it would be looked up after its use.
  unwrap: async (token, options) =>
    (await send({ method: 'POST', path: 'sys/wrapping/unwrap', token }, options)).data(),
});
