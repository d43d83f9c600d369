import type { Answer } from '../../../contracts/evidence.ts';
import type { Endpoint } from '../../../contracts/runtime.ts';
import { messageOf } from '../../../support/errors.ts';
import type { SealState, ServedCertificate, TlsVersion } from '../evidence.ts';
import { ask, known, unknown } from '../known.ts';
import { requestWithoutToken } from './plain-request.ts';
import { type Handshake, handshake, tlsVersions } from './tls.ts';
import { z } from 'zod';

/** Text with which Go's TLS server answers plain HTTP. */
const wantsTls = 'Client sent an HTTP request to an HTTPS server';

/** True where the server serves plain HTTP. A connection that is cut says nothing, so it rejects. */
export const servesPlaintext = async (endpoint: Endpoint, signal: AbortSignal): Promise<boolean> => {
  const { status, text } = await requestWithoutToken(endpoint, '/v1/sys/seal-status', 'http', signal);
  return !(status === 400 && text.includes(wantsTls));
};

/** TLS versions that the server takes, and the certificate that it shows. */
export const probeTls = async (
  endpoint: Endpoint,
  options: { readonly serverName: string; readonly authorities?: string },
  signal: AbortSignal,
): Promise<{ readonly protocols: Answer<readonly TlsVersion[]>; readonly certificate: Answer<ServedCertificate> }> => {
  const tries: { readonly version: TlsVersion; readonly result: Answer<Handshake> }[] = [];
  for (const version of tlsVersions)
    tries.push({ version, result: await ask(signal, () => handshake(endpoint, { ...options, version }, signal)) });

  const accepted = tries.flatMap(({ version, result }) =>
    result.known && result.value.outcome === 'accepted' ? [{ version, ...result.value }] : [],
  );
  const last = accepted.at(-1);
  const certificate =
    last === undefined
      ? unknown('no TLS handshake succeeded')
      : known({ ...last.certificate, ...(options.authorities === undefined ? {} : { trusted: last.trusted }) });

  const open = tries.flatMap(({ version, result }) => (result.known ? [] : [`${version}: ${result.why}`]));
  if (open.length > 0) return { protocols: unknown(open.join('; ')), certificate };
  const plain = tries.every(({ result }) => result.known && result.value.outcome === 'no-tls');
  if (accepted.length === 0 && !plain)
    return { protocols: unknown('the server refused every version of TLS'), certificate };
  return { protocols: known(accepted.map(({ version }) => version)), certificate };
};

const sealStatus = z.object({
  type: z.string(),
  initialized: z.boolean(),
  sealed: z.boolean(),
  t: z.number(),
  n: z.number(),
  version: z.string(),
  storage_type: z.string().optional(),
});

/** What the server tells everybody about its seal. */
export const readSeal = async (endpoint: Endpoint, over: 'http' | 'https', signal: AbortSignal): Promise<SealState> => {
  const { status, text } = await requestWithoutToken(endpoint, '/v1/sys/seal-status', over, signal);
  if (status !== 200) throw new Error(`sys/seal-status answered with status ${status}`);
  const parsed = sealStatus.safeParse(parseOrNothing(text));
  if (!parsed.success) throw new Error('sys/seal-status did not answer as Vault does');
  const { type, initialized, sealed, t, n, version, storage_type: storage } = parsed.data;
  return {
    type,
    initialized,
    sealed,
    shares: n,
    threshold: t,
    version,
    ...(storage === undefined ? {} : { storage }),
  };
};

const parseOrNothing = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** True where a path that should ask for a token answers without one. */
export const answersEverybody = async (
  endpoint: Endpoint,
  path: string,
  over: 'http' | 'https',
  signal: AbortSignal,
): Promise<Answer<boolean>> => {
  try {
    const { status } = await requestWithoutToken(endpoint, path, over, signal);
    if (status === 200) return known(true);
    if (status === 400 || status === 403 || status === 404) return known(false);
    return unknown(`${path} answered with status ${status}${status === 503 ? ', the server is sealed' : ''}`);
  } catch (error) {
    signal.throwIfAborted();
    return unknown(messageOf(error));
  }
};
