import { connect } from 'node:tls';
import { isIP } from 'node:net';

import type { Endpoint } from '../../../contracts/runtime.ts';
import { withTimeout } from '../../../support/concurrency.ts';
import type { ServedCertificate, TlsVersion } from '../evidence.ts';

/** Versions from the oldest, which nobody should accept, to the newest. */
export const tlsVersions: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** Milliseconds for one handshake. */
const handshakeLimit = 3_000;

/** What came of one handshake. */
export type Handshake =
  | {
      readonly outcome: 'accepted';
      readonly certificate: Omit<ServedCertificate, 'trusted'>;
      readonly trusted: boolean;
    }
  | { readonly outcome: 'refused' }
  /** The server answers without TLS. */
  | { readonly outcome: 'no-tls' };

/** Reasons of OpenSSL and the socket that mean: the server did not want this. */
const refusals = new Set([
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ECONNRESET',
]);

const errorCode = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

const namesOf = (alternatives: string | undefined): readonly string[] =>
  (alternatives ?? '')
    .split(',')
    .map((part) =>
      part
        .trim()
        .replace(/^(?:DNS|IP Address):/, '')
        .toLowerCase(),
    )
    .filter((name) => name !== '');

/**
 * One handshake with exactly one version of TLS. Old versions need OpenSSL's security level 0 on this side, or it would
 * be this machine that refuses and not the server.
 */
export const handshake = (
  endpoint: Endpoint,
  options: { readonly version: TlsVersion; readonly serverName: string; readonly authorities?: string },
  signal: AbortSignal,
): Promise<Handshake> =>
  withTimeout(
    handshakeLimit,
    signal,
    (bounded) =>
      new Promise<Handshake>((resolve, reject) => {
        const socket = connect({
          host: endpoint.host,
          port: endpoint.port,
          ...(isIP(options.serverName) === 0 ? { servername: options.serverName } : {}),
          ...(options.authorities === undefined ? {} : { ca: options.authorities }),
          minVersion: options.version,
          maxVersion: options.version,
          ciphers: 'DEFAULT@SECLEVEL=0',
          rejectUnauthorized: false,
        });
        const stop = (): void => {
          socket.destroy();
          reject(bounded.reason);
        };
        bounded.addEventListener('abort', stop, { once: true });
        socket.once('close', () => bounded.removeEventListener('abort', stop));
        socket.once('secureConnect', () => {
          const shown = socket.getPeerCertificate();
          const { authorized } = socket;
          socket.destroy();
          resolve({
            outcome: 'accepted',
            certificate: {
              serial: shown.serialNumber.toLowerCase(),
              notAfter: new Date(shown.valid_to).toISOString(),
              names: namesOf(shown.subjectaltname),
            },
            trusted: authorized,
          });
        });
        socket.once('error', (error) => {
          socket.destroy();
          const code = errorCode(error);
          if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
            resolve({ outcome: 'no-tls' });
          else if (refusals.has(code)) resolve({ outcome: 'refused' });
          else reject(new Error(`the TLS handshake failed (${code === '' ? 'no reason given' : code})`));
        });
      }),
  );
