import { type IncomingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Endpoint } from '../../../contracts/runtime.ts';
import { withTimeout } from '../../../support/concurrency.ts';

/** One request of the probe. */
export interface Question {
  readonly endpoint: Endpoint;
  readonly tls: boolean;
  readonly host: string;
  readonly path?: string;
  /** Announces a body of that many bytes and sends none. */
  readonly announce?: number;
}

/** Status and headers; a body is never kept. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Asks on a connection of its own, any certificate accepted; undefined where the server closes instead of answering. */
export const send = (question: Question, outer: AbortSignal): Promise<Reply | undefined> =>
  withTimeout(
    5_000,
    outer,
    (signal) =>
      new Promise<Reply | undefined>((resolve, reject) => {
        const { endpoint, tls, host, path = '/', announce } = question;
        const common = {
          host: endpoint.host,
          port: endpoint.port,
          path,
          method: announce === undefined ? 'GET' : 'POST',
          agent: false,
          signal,
          headers: {
            host,
            'user-agent': 'palisade-probe',
            ...(announce === undefined ? {} : { 'content-length': String(announce) }),
          },
        };
        const request = tls
          ? requestTls({ ...common, servername: host, rejectUnauthorized: false })
          : requestPlain(common);
        request.once('error', (thrown) => {
          const code = 'code' in thrown ? String(thrown.code) : '';
          if (code === 'ECONNRESET' || code === 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' || code === 'EPIPE')
            resolve(undefined);
          else reject(thrown);
        });
        request.once('response', (response) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers });
          request.destroy();
        });
        if (announce === undefined) request.end();
        else request.flushHeaders();
      }),
  );
