import type { IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';

/** An answer with its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Something to send. */
export interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Address of this host that it comes from; another one each time where absent. */
  readonly from?: string;
}

/** Sends one request over a connection of its own; rejects where there is no answer within 10 s. */
export type Call = (path: string, sending?: Sending) => Promise<Answer>;

let last = 0;

/** Another address of 127.0.0.0/8 each time, none of which a server listens on: limits are counted by address. */
export const nextAddress = (): string => {
  last += 1;
  return `127.${10 + (last >> 16)}.${(last >> 8) & 255}.${last & 255}`;
};

/** Calls a port of this host, whose certificate is verified against `authority` (PEM). */
export const callerOf =
  (port: number, authority: string): Call =>
  (path, { method = 'GET', headers = {}, body = '', from = nextAddress() } = {}) =>
    new Promise((resolve, reject) => {
      const request = requestHttps({
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path,
        method,
        headers: { host: `localhost:${port}`, ...headers },
        ca: authority,
        agent: false,
        localAddress: from,
        timeout: 10_000,
      });
      request.once('timeout', () => request.destroy(new Error('no answer within 10 s')));
      request.once('error', reject);
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      });
      request.end(body);
    });
