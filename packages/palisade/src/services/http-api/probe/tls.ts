import { checkServerIdentity, connect } from 'node:tls';
import type { Answer } from '../../../contracts/evidence.ts';
import type { Endpoint } from '../../../contracts/runtime.ts';
import { withTimeout } from '../../../support/concurrency.ts';
import { ask, known, unknown } from '../answers.ts';
import type { ServedCertificate, TlsVersion } from '../evidence.ts';

const versions: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
/** Milliseconds for one handshake. */
const handshakeLimit = 3_000;

/** Codes by which a server, or the end of its connection, says that it does not want this version. */
const refusals = new Set([
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ECONNRESET',
]);
/** Codes of an answer that is no TLS. */
const plain = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

const codeOf = (thrown: Error): string => ('code' in thrown && typeof thrown.code === 'string' ? thrown.code : '');

const namesOf = (alternatives: string | undefined): readonly string[] =>
  (alternatives ?? '')
    .split(', ')
    .map((part) => part.replace(/^(?:DNS|IP Address):/, '').toLowerCase())
    .filter((name) => name !== '');

/** The certificate after a handshake with exactly one version; undefined where the service refuses it or has no TLS. */
const handshake = (
  endpoint: Endpoint,
  version: TlsVersion,
  { name, authorities }: { readonly name: string; readonly authorities?: string },
  signal: AbortSignal,
): Promise<ServedCertificate | 'refused' | 'no-tls'> =>
  withTimeout(
    handshakeLimit,
    signal,
    (bounded) =>
      new Promise<ServedCertificate | 'refused' | 'no-tls'>((resolve, reject) => {
        const socket = connect({
          host: endpoint.host,
          port: endpoint.port,
          servername: name,
          minVersion: version,
          maxVersion: version,
          // Without it, this machine's OpenSSL would refuse the old versions and not the service.
          ciphers: 'DEFAULT@SECLEVEL=0',
          rejectUnauthorized: false,
          ...(authorities === undefined ? {} : { ca: authorities }),
        });
        const stop = (): void => void socket.destroy(new Error('no handshake in time'));
        bounded.addEventListener('abort', stop, { once: true });
        socket.once('close', () => bounded.removeEventListener('abort', stop));
        socket.once('secureConnect', () => {
          const shown = socket.getPeerCertificate();
          // Rejection is off, so that `authorized` judges the chain and the name is judged here.
          const isTrusted = socket.authorized && checkServerIdentity(name, shown) === undefined;
          socket.destroy();
          resolve({
            serial: shown.serialNumber.toLowerCase(),
            notAfter: new Date(shown.valid_to).toISOString(),
            names: namesOf(shown.subjectaltname),
            ...(authorities === undefined ? {} : { trusted: isTrusted }),
          });
        });
        socket.once('error', (thrown) => {
          socket.destroy();
          const code = codeOf(thrown);
          if (plain.has(code)) resolve('no-tls');
          else if (refusals.has(code)) resolve('refused');
          else reject(new Error(`the TLS handshake failed (${code === '' ? thrown.message : code})`));
        });
      }),
  );

/** TLS versions that the service takes, and the certificate that it shows for its own name. */
export const probeTls = async (
  endpoint: Endpoint,
  identity: { readonly name: string; readonly authorities?: string },
  signal: AbortSignal,
): Promise<{ readonly protocols: Answer<readonly TlsVersion[]>; readonly certificate: Answer<ServedCertificate> }> => {
  const tries = [];
  for (const version of versions)
    tries.push({ version, answer: await ask(signal, () => handshake(endpoint, version, identity, signal)) });
  const accepted = tries.flatMap(({ version, answer }) =>
    answer.known && typeof answer.value !== 'string' ? [{ version, certificate: answer.value }] : [],
  );
  const last = accepted.at(-1);
  const certificate = last === undefined ? unknown('no TLS handshake succeeded') : known(last.certificate);
  const doubts = tries.flatMap(({ version, answer }) => (answer.known ? [] : [`${version}: ${answer.why}`]));
  return {
    certificate,
    protocols: doubts.length > 0 ? unknown(doubts.join('; ')) : known(accepted.map(({ version }) => version)),
  };
};
