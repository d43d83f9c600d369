import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Where JSON is fetched from, and how the server is known. */
export interface Source {
  /** `https:`; `http:` only where `plaintext` says that this is a development server. */
  readonly url: string;
  /** PEM of the authorities of the server; those of Node.js where absent. */
  readonly authorities?: string;
  readonly plaintext?: boolean;
}

const largest = 256 * 1024;

/**
 * The bytes of a JSON document. Follows no redirect, because it would let a server name another one; reads at most 256 KiB.
 * Rejects for every answer but 200.
 */
export const getJson = (source: Source, signal: AbortSignal): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const url = new URL(source.url);
    const options = {
      signal,
      agent: false,
      headers: { accept: 'application/json', connection: 'close' },
      ...(source.authorities === undefined ? {} : { ca: source.authorities }),
    } as const;
    const call = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    call.once('error', reject);
    call.once('response', (response) => {
      const refuse = (reason: string): void => {
        reject(new Error(`${url.host} ${reason}`));
        call.destroy();
      };
      if (response.statusCode !== 200) return refuse(`answered ${response.statusCode ?? 0}`);
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > largest) refuse('answered more than 256 KiB');
        else parts.push(part);
      });
      response.once('error', reject);
      response.once('end', () => resolve(Buffer.concat(parts)));
    });
    call.end();
  });
