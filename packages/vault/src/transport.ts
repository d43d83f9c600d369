import { Agent } from 'undici';
import { VaultError, transportError } from './errors.ts';
import type { Secret } from './secret.ts';

/** A client certificate for mutual TLS. */
export interface ClientCertificate {
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM. */
  readonly key: Secret;
}

/** Where and how to connect. */
export interface TransportOptions {
  readonly address: string;
  readonly authorities?: string;
  readonly clientCertificate?: ClientCertificate;
  readonly plaintext?: boolean;
}

/** One HTTP exchange. */
export interface Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, encoded, with a leading slash. */
  readonly target: string;
  /** What the exchange is called in errors; never holds a secret. */
  readonly title: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
  /** Milliseconds until the whole exchange has to be over. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** The raw answer; the text is bounded. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
}

/** The connections to one server. */
export interface Transport {
  readonly address: string;
  readonly exchange: (exchange: Exchange) => Promise<RawAnswer>;
  /** Ends every connection, also those with a request under way. */
  readonly close: () => Promise<void>;
}

/** Bytes of an answer that are read; more than the longest thing that Vault says in one answer. */
const answerLimit = 32 * 1024 * 1024;

const first = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

/**
 * Opens connections on demand and keeps them alive between requests. Redirects are not followed: that would hand the
 * token to whatever address the answer names.
 *
 * @throws VaultError `vault/plaintext-refused`, `vault/invalid-request` for an address that is none.
 */
export const createTransport = (options: TransportOptions): Transport => {
  if (!URL.canParse(options.address))
    throw new VaultError('vault/invalid-request', { message: `${JSON.stringify(options.address)} is not an address` });
  const { origin, protocol } = new URL(options.address);
  if (protocol !== 'https:' && !(protocol === 'http:' && options.plaintext === true))
    throw new VaultError('vault/plaintext-refused', {
      message: `${origin} would carry tokens and secrets in plaintext`,
    });
  const agent = new Agent({
    connections: 8,
    keepAliveTimeout: 10_000,
    maxHeaderSize: 64 * 1024,
    connect: {
      minVersion: 'TLSv1.2',
      ...(options.authorities === undefined ? {} : { ca: options.authorities }),
      ...(options.clientCertificate === undefined
        ? {}
        : { cert: options.clientCertificate.certificate, key: options.clientCertificate.key.reveal() }),
    },
  });

  const exchange = async (request: Exchange): Promise<RawAnswer> => {
    request.signal?.throwIfAborted();
    const limit = AbortSignal.timeout(request.timeout);
    const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]);
    try {
      const answer = await agent.request({
        origin,
        path: request.target,
        method: request.method,
        headers: { ...request.headers },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal,
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of answer.body) {
        const bytes: Buffer = Buffer.from(chunk);
        size += bytes.length;
        if (size > answerLimit)
          throw new VaultError('vault/unexpected-answer', {
            message: `${request.title}: the answer is longer than ${answerLimit} bytes`,
          });
        chunks.push(bytes);
      }
      return {
        status: answer.statusCode,
        text: Buffer.concat(chunks).toString('utf8'),
        retryAfter: first(answer.headers['retry-after']),
        location: first(answer.headers['location']),
      };
    } catch (error) {
      if (error instanceof VaultError) throw error;
      request.signal?.throwIfAborted();
      if (limit.aborted)
        throw new VaultError('vault/timeout', {
          message: `${request.title}: no answer from ${origin} within ${request.timeout} ms`,
        });
      throw transportError(request.title, origin, error);
    }
  };

  return { address: origin, exchange, close: () => agent.destroy() };
};
