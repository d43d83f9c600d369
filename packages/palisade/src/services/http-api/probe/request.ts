import { type IncomingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Endpoint } from '../../../contracts/runtime.ts';
import { withTimeout } from '../../../support/concurrency.ts';

/** Milliseconds for one request. */
const requestLimit = 4_000;
const usualBytes = 64 * 1024;

/** One question to the service. */
export interface Question {
  readonly method?: 'GET' | 'OPTIONS' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Where more than 64 KiB of the answer are wanted: so many bytes at most. */
  readonly mostBytes?: number;
}

/** What came back; the body is cut at 64 KiB, or where the question wants it. It is looked at and never passed on. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A service as it is reached: by HTTP or by HTTPS. */
export interface Origin {
  readonly scheme: 'http' | 'https';
  readonly endpoint: Endpoint;
}

/**
 * Asks as a stranger would: without credentials, on a connection of its own, and with any certificate accepted, because
 * nothing confidential is sent. Rejects where there is no HTTP answer in time.
 */
export const send = ({ scheme, endpoint }: Origin, question: Question, signal: AbortSignal): Promise<Reply> =>
  withTimeout(
    requestLimit,
    signal,
    (bounded) =>
      new Promise<Reply>((resolve, reject) => {
        const { method = 'GET', path, headers = {}, body = '', mostBytes = usualBytes } = question;
        const common = {
          host: endpoint.host,
          port: endpoint.port,
          path,
          method,
          agent: false,
          signal: bounded,
          headers: { accept: 'application/json, text/html;q=0.5', 'user-agent': 'palisade-probe', ...headers },
        };
        const request =
          scheme === 'http'
            ? requestPlain(common)
            : requestTls({ ...common, rejectUnauthorized: false, servername: '', minVersion: 'TLSv1' });
        request.once('error', reject);
        request.once('response', (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          const finish = (): void => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8'),
            });
            request.destroy();
          };
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            size += chunk.length;
            if (size >= mostBytes) finish();
          });
          response.once('end', finish);
          response.once('error', reject);
        });
        request.end(body);
      }),
  );
