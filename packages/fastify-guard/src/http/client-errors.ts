import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOfError } from '../problem/of-error.ts';
import { problemType } from '../problem/problem.ts';

/**
 * Answers what never became a request: a head that is malformed, too large or too slow. Node.js would answer with a bare status
 * line; here it gets the headers and the body of every other error.
 */
export const answerClientError =
  (headers: Readonly<Record<string, string>>) =>
  (error: Error & { code?: string }, socket: Socket): void => {
    // Whatever else went wrong is not about a request: a handshake that failed or never came could not carry an answer, and
    // the connection would be kept until it could.
    const isAboutRequest = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || error.code?.startsWith('HPE_') === true;
    if (!isAboutRequest || !socket.writable) {
      socket.destroy();
      return;
    }
    const known = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || error.code === 'HPE_HEADER_OVERFLOW';
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    const body = JSON.stringify(
      problemOfError({ statusCode: status, ...(known && error.code !== undefined ? { code: error.code } : {}) }),
    );
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `content-type: ${problemType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  };
