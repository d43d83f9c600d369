import { type Approle, approle } from './approle.ts';
import { type Answer, type Call, type CallOptions, type Send, encodeBody, encodePath } from './call.ts';
import { VaultError, codeOfAnswer, isVaultError } from './errors.ts';
import { readFields } from './fields.ts';
import { type Kv2, kv2 } from './kv2.ts';
import { type Pki, pki } from './pki.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import type { Secret } from './secret.ts';
import { type Sys, sys } from './sys.ts';
import { type TokenFunctions, token } from './token.ts';
import { type Transit, transit } from './transit.ts';
import { type ClientCertificate, type Transport, createTransport } from './transport.ts';

/** A token, or how to get the current one. */
export type TokenSource = Secret | (() => Promise<Secret>);

/** How often and how fast what is safe to repeat is tried again. */
export interface RetryOptions {
  /** Tries in all, the first one included. 1 turns retries off. */
  readonly attempts: number;
  /** Milliseconds: the longest first pause. Each next one may be twice as long; the actual one is drawn below it. */
  readonly firstPause: number;
  /** Milliseconds: no pause is longer. */
  readonly longestPause: number;
}

/** How to reach a server. */
export interface VaultClientOptions {
  /** For example `https://vault:8200`. */
  readonly address: string;
  /** PEM of the certificate authorities to trust, and no others; those of the system where absent. */
  readonly authorities?: string;
  readonly token?: TokenSource;
  /** Milliseconds for one attempt of one request. 10 000 where absent. */
  readonly timeout?: number;
  readonly namespace?: string;
  readonly clientCertificate?: ClientCertificate;
  readonly retry?: Partial<RetryOptions>;
  /** Allows an http address, for a development server. */
  readonly plaintext?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A client of one server. Groups that belong to a mount are functions of its path. */
export interface VaultClient {
  readonly address: string;
  readonly sys: Sys;
  readonly token: TokenFunctions;
  readonly approle: (mount?: string) => Approle;
  readonly kv2: (mount?: string) => Kv2;
  readonly pki: (mount: string) => Pki;
  readonly transit: (mount?: string) => Transit;
  /** Sends a call that has no function of its own. */
  readonly send: Send;
  /** The same connections with another token, or with none. */
  readonly withToken: (token: TokenSource | undefined) => VaultClient;
  /** Ends every connection; requests under way fail. */
  readonly close: () => Promise<void>;
}

interface Setting {
  readonly transport: Transport;
  readonly timeout: number;
  readonly namespace: string | undefined;
  readonly retry: RetryOptions;
  readonly clock: Clock;
  readonly random: Random;
}

const parse = (text: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What the server gave as the reason, bounded, with every secret of the request struck out. */
const reasonOf = (texts: readonly string[], secrets: readonly Secret[]): string => {
  const struck = secrets.reduce(
    (text, secret) => (secret.reveal() === '' ? text : text.replaceAll(secret.reveal(), '‹redacted›')),
    texts.join('; '),
  );
  return struck.replaceAll(/\s+/g, ' ').trim().slice(0, 400);
};

const headerOf = (secret: Secret): string => {
  const value = secret.reveal();
  if (!/^[\x21-\x7e]+$/.test(value))
    throw new VaultError('vault/invalid-request', {
      message: 'the token is empty or holds white space; was it read from a file without trimming it?',
    });
  return value;
};

const targetOf = (call: Call): string => {
  const query = new URLSearchParams({ ...(call.method === 'LIST' ? { list: 'true' } : {}), ...call.query }).toString();
  return `/v1/${encodePath(call.path)}${query === '' ? '' : `?${query}`}`;
};

const sender = (setting: Setting, source: TokenSource | undefined): Send => {
  const once = async (call: Call, options: CallOptions): Promise<Answer & { readonly retryAfter?: string }> => {
    const title = `${call.method} ${call.path}`;
    const own = typeof source === 'function' && call.token === undefined ? await source() : source;
    const used = call.token === undefined ? (typeof own === 'function' ? undefined : own) : (call.token ?? undefined);
    const body = call.body === undefined ? undefined : encodeBody(call.body);
    const answer = await setting.transport.exchange({
      method: call.method === 'LIST' ? 'GET' : call.method,
      target: targetOf(call),
      title,
      headers: {
        'x-vault-request': 'true',
        ...(used === undefined ? {} : { 'x-vault-token': headerOf(used) }),
        ...(setting.namespace === undefined ? {} : { 'x-vault-namespace': setting.namespace }),
        ...(call.wrapTtl === undefined ? {} : { 'x-vault-wrap-ttl': `${call.wrapTtl}s` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: body.text }),
      timeout: options.timeout ?? setting.timeout,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const value = parse(answer.text);
    const fields = readFields(value, title);
    if ((answer.status >= 200 && answer.status < 300) || (call.accept?.includes(answer.status) ?? false)) {
      if (value === undefined && answer.text !== '')
        throw new VaultError('vault/unexpected-answer', {
          message: `${title}: the answer is not JSON`,
          status: answer.status,
        });
      return { status: answer.status, body: fields, data: () => fields.fields('data') };
    }
    const texts = Array.isArray(fields.raw('errors')) ? fields.texts('errors') : [];
    const reason = reasonOf(texts, [...(used === undefined ? [] : [used]), ...(body?.secrets ?? [])]);
    throw Object.assign(
      new VaultError(codeOfAnswer(answer.status, texts, call.path), {
        message: `${title}: status ${answer.status}${reason === '' ? '' : ` (${reason})`}`,
        status: answer.status,
      }),
      answer.retryAfter === undefined ? {} : { retryAfter: Number(answer.retryAfter) },
    );
  };

  return async (call, options = {}) => {
    const repeatable = call.repeatable ?? (call.method === 'GET' || call.method === 'LIST');
    const { attempts, firstPause, longestPause } = setting.retry;
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(call, options);
      } catch (error) {
        if (
          !repeatable ||
          attempt >= attempts ||
          !isVaultError(error, 'vault/unreachable', 'vault/server-error', 'vault/rate-limited')
        )
          throw error;
        const asked = 'retryAfter' in error && typeof error.retryAfter === 'number' ? error.retryAfter * 1000 : 0;
        if (asked > longestPause) throw error;
        const ceiling = Math.min(firstPause * 2 ** (attempt - 1), longestPause);
        await setting.clock.sleep(asked + Math.max(5, setting.random() * ceiling), options.signal);
      }
    }
  };
};

const assemble = (setting: Setting, source: TokenSource | undefined): VaultClient => {
  const send = sender(setting, source);
  return {
    address: setting.transport.address,
    sys: sys(send),
    token: token(send),
    approle: (mount = 'approle') => approle(send, mount),
    kv2: (mount = 'secret') => kv2(send, mount),
    pki: (mount) => pki(send, mount),
    transit: (mount = 'transit') => transit(send, mount),
    send,
    withToken: (other) => assemble(setting, other),
    close: setting.transport.close,
  };
};

/**
 * A client of a Vault or OpenBao server. Opens no connection before the first request.
 *
 * Each request has a time bound and takes an AbortSignal. Reads are tried again after refused or lost connections, 5xx
 * and 429, with full jitter; writes never are.
 *
 * @throws VaultError `vault/plaintext-refused` for an http address, `vault/invalid-request` for one that is none.
 */
export const createVaultClient = (options: VaultClientOptions): VaultClient =>
  assemble(
    {
      transport: createTransport(options),
      timeout: options.timeout ?? 10_000,
      namespace: options.namespace,
      retry: { attempts: 4, firstPause: 100, longestPause: 2_000, ...options.retry },
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
    },
    options.token,
  );
