import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

import type { Endpoint } from '../../../contracts/runtime.ts';

/** An answer to somebody without a token. */
export interface PlainAnswer {
  readonly status: number;
  /** The first 64 KiB. */
  readonly text: string;
}

const limit = 64 * 1024;

/**
 * Asks as an attacker would: without a token, and with any certificate accepted, because nothing confidential is sent.
 * Rejects where there is no HTTP answer.
 */
export const requestWithoutToken = (
  endpoint: Endpoint,
  path: string,
  over: 'http' | 'https',
  signal: AbortSignal,
): Promise<PlainAnswer> =>
  new Promise((resolve, reject) => {
    const options = { host: endpoint.host, port: endpoint.port, path, method: 'GET', agent: false, signal };
    const request =
      over === 'http'
        ? requestPlain(options)
        : requestTls({ ...options, rejectUnauthorized: false, servername: '', minVersion: 'TLSv1' });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (): void => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).subarray(0, limit).toString('utf8') });
        request.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= limit) finish();
      });
      response.once('end', finish);
      response.once('error', reject);
    });
    request.end();
  });
