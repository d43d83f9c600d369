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
  /** Announces a body of that many bytes and sends none; status 100 stands for a server that waits for it. */
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
          // A name that no server has is turned away in the handshake already.
          const isUnrecognised = /unrecognized.name/i.test(`${code} ${thrown.message}`);
          if (isUnrecognised || code === 'ECONNRESET' || code === 'EPIPE') resolve(undefined);
          else reject(thrown);
        });
        request.once('response', (response) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers });
          request.destroy();
        });
        if (announce === undefined) {
          request.end();
          return;
        }
        request.flushHeaders();
        // A server that refuses the body does so at once; one that says nothing waits for it.
        const waiting = setTimeout(() => {
          resolve({ status: 100, headers: {} });
          request.destroy();
        }, 3_000);
        request.once('close', () => clearTimeout(waiting));
      }),
  );
