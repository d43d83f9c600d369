import type { ConnectionOptions } from 'node:tls';
import type { Answer } from '../../../contracts/evidence.ts';
import type { Endpoint } from '../../../contracts/runtime.ts';
import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import { withTimeout } from '../../../support/concurrency.ts';
import { messageOf } from '../../../support/errors.ts';
import { readIdentity, shakesHands, tlsVersions } from '../../../support/tls-handshake.ts';
import type { MongodbEvidence, Reception } from '../evidence.ts';
import { converse, isRefusal, listens, logIn, reasonOf, type Run, succeeded } from '../wire/session.ts';
import { answered } from '../../../support/answered.ts';
import { knownLogins } from './known-logins.ts';

type Way = ConnectionOptions | undefined;

const channel = (endpoint: Endpoint, tls: Way) => ({ endpoint, ...(tls === undefined ? {} : { tls }) });

/** Asks for the names of the databases, which nobody without a login has to know. */
const reception = async (run: Run): Promise<Reception> => {
  const answer = await run('admin', { listDatabases: 1, nameOnly: true });
  if (succeeded(answer)) return 'carried-out';
  if (isRefusal(answer)) return 'login-demanded';
  throw new Error(`the server answers: ${reasonOf(answer)}`);
};

/** Tries to get in. A server that listens and hangs up instead of answering has refused; one that is silent is unknown. */
const received = async (endpoint: Endpoint, tls: Way, signal: AbortSignal): Promise<Reception> => {
  try {
    return await converse(channel(endpoint, tls), signal, reception);
  } catch (thrown) {
    signal.throwIfAborted();
    const why = messageOf(thrown);
    if (/^(?:no answer within|the server answers:)/.test(why) || !(await listens(endpoint, signal))) throw thrown;
    return 'closed';
  }
};

/** Whether a port that answers in plaintext answers a TLS greeting too; one that takes it for a command is silent. */
const alsoSpeaksTls = async (endpoint: Endpoint, signal: AbortSignal): Promise<boolean> => {
  try {
    return await withTimeout(2000, signal, (limit) => shakesHands(endpoint, { rejectUnauthorized: false }, limit));
  } catch {
    signal.throwIfAborted();
    return false;
  }
};

/** Logs in with every pair that is no secret, over whatever way the server leaves open. */
const tryLogins = async (target: ProbeTarget, endpoint: Endpoint, ways: readonly Way[], signal: AbortSignal) => {
  const accepted = new Set<string>();
  let tried = 0;
  for (const login of knownLogins(target))
    for (const tls of ways) {
      tried += 1;
      if (await converse(channel(endpoint, tls), signal, (run) => logIn(run, login))) accepted.add(login.username);
    }
  return { tried, accepted: [...accepted] };
};

const isOpen = (answer: Answer<Reception>): boolean => answer.known && answer.value !== 'closed';

/** What anybody on the network can find out. */
export type Network = Pick<
  MongodbEvidence,
  'plaintext' | 'tlsVersions' | 'withoutCertificate' | 'withCertificate' | 'knownLogins'
>;

/** Tries every way in that the network offers. */
export const overNetwork = async (target: ProbeTarget, endpoint: Endpoint, signal: AbortSignal): Promise<Network> => {
  const anybody: ConnectionOptions = { rejectUnauthorized: false, servername: target.service.name };
  const known: ConnectionOptions = { ...anybody, ...(await readIdentity(target.clientIdentity)) };
  const plaintext = await answered(signal, () => received(endpoint, undefined, signal));
  // A port that answers in plaintext may speak TLS as well (allowTLS): both are tried.
  const versions = await answered(signal, async () =>
    isOpen(plaintext) && !(await alsoSpeaksTls(endpoint, signal)) ? [] : tlsVersions(endpoint, signal),
  );
  const over = (tls: ConnectionOptions): Promise<Answer<Reception>> =>
    answered(signal, () =>
      versions.known && versions.value.length === 0 ? Promise.resolve('closed') : received(endpoint, tls, signal),
    );
  const withoutCertificate = await over(anybody);
  const withCertificate = known.cert === undefined ? withoutCertificate : await over(known);
  const ways: readonly Way[] = [
    ...(isOpen(plaintext) ? [undefined] : []),
    ...(isOpen(withoutCertificate) ? [anybody] : isOpen(withCertificate) ? [known] : []),
  ];
  const logins = await answered(signal, () => {
    for (const answer of [plaintext, withoutCertificate, withCertificate])
      if (!answer.known) throw new Error(answer.why);
    return tryLogins(target, endpoint, ways, signal);
  });
  return { plaintext, tlsVersions: versions, withoutCertificate, withCertificate, knownLogins: logins };
};
