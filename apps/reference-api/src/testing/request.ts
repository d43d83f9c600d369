import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { readFile } from 'node:fs/promises';

/** An answer with its body as text. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks the service on loopback, over TLS that is verified against `authority` where one is given. A new connection each time. */
export const ask = async (
  port: number,
  path: string,
  options: {
    readonly authority?: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<Reply> => {
  const { authority, method = 'GET', headers = {}, body = '' } = options;
  const ca = authority === undefined ? undefined : await readFile(authority, 'utf8');
  return new Promise((resolve, reject) => {
    const common = { host: 'localhost', family: 4, port, path, method, headers, agent: false, timeout: 5_000 };
    const request = ca === undefined ? requestHttp(common) : requestHttps({ ...common, ca });
    request.once('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.once('error', reject);
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.end(body);
  });
};
