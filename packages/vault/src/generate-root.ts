import type { Call, CallOptions, Send } from './call.ts';
import { VaultError, isVaultError } from './errors.ts';
import type { Fields } from './fields.ts';
import { Secret } from './secret.ts';

/** How far an attempt to make a root token is. */
export interface RootAttempt {
  readonly started: boolean;
  readonly nonce: string;
  readonly progress: number;
  readonly required: number;
}

/** Making a root token from a threshold of shares. One attempt at a time can be under way at a server. */
export interface GenerateRoot {
  readonly status: (options?: CallOptions) => Promise<RootAttempt>;
  /** Starts an attempt; the one-time password decodes the token at its end. */
  readonly start: (options?: CallOptions) => Promise<RootAttempt & { readonly oneTimePassword: Secret }>;
  /** Gives one share; the encoded token comes with the last one. */
  readonly provide: (
    share: Secret,
    nonce: string,
    options?: CallOptions,
  ) => Promise<RootAttempt & { readonly encodedToken: Secret | undefined }>;
  readonly cancel: (options?: CallOptions) => Promise<void>;
}

/**
 * Paths in the order of preference. OpenBao 2.6 and later want a token that may use the path, beside the shares; the
 * older ones and Vault want the shares alone.
 * Source: https://openbao.org/api-docs/system/generate-root-token/
 */
const roots = ['sys/generate-root-token', 'sys/generate-root'] as const;

const attemptOf = (data: Fields): RootAttempt => ({
  started: data.boolean('started'),
  nonce: data.optionalText('nonce') ?? '',
  progress: data.number('progress'),
  required: data.number('required'),
});

/** Decodes a root token: base64 of its bytes, each one combined with the one-time password by exclusive or. */
export const decodeRootToken = (encoded: Secret, oneTimePassword: Secret): Secret => {
  const bytes = Buffer.from(encoded.reveal(), 'base64');
  const password = Buffer.from(oneTimePassword.reveal(), 'utf8');
  if (bytes.length !== password.length)
    throw new VaultError('vault/unexpected-answer', {
      message: 'the encoded root token and the one-time password differ in length',
    });
  return new Secret(Buffer.from(bytes.map((byte, index) => byte ^ (password[index] ?? 0))).toString('utf8'));
};

/** The functions that make a root token, by whichever path the server has. */
export const generateRoot = (send: Send): GenerateRoot => {
  const ask = async (tail: string, call: Omit<Call, 'path'>, options?: CallOptions): Promise<Fields> => {
    const [current, older] = roots;
    try {
      const { body } = await send({ ...call, path: `${current}/${tail}` }, options);
      return body.optionalFields('data') ?? body;
    } catch (error) {
      if (!isVaultError(error, 'vault/unsupported', 'vault/not-found')) throw error;
    }
    const { body } = await send({ ...call, token: null, path: `${older}/${tail}` }, options);
    return body.optionalFields('data') ?? body;
  };
  return {
    status: async (options) => attemptOf(await ask('attempt', { method: 'GET' }, options)),
    start: async (options) => {
      const data = await ask('attempt', { method: 'POST', body: {} }, options);
      return { ...attemptOf(data), oneTimePassword: data.secret('otp') };
    },
    provide: async (share, nonce, options) => {
      const data = await ask('update', { method: 'POST', body: { key: share, nonce } }, options);
      const encoded = data.optionalText('encoded_token') ?? '';
      return { ...attemptOf(data), encodedToken: encoded === '' ? undefined : new Secret(encoded) };
    },
    cancel: async (options) => {
      await ask('attempt', { method: 'DELETE' }, options);
    },
  };
};
