import { type VaultClient, createVaultClient } from '@palisade/vault';

import type { Answer } from '../../../contracts/evidence.ts';
import type { Endpoint } from '../../../contracts/runtime.ts';
import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import { Secret } from '../../../support/secret.ts';
import type { VaultEvidence } from '../evidence.ts';
import { error } from '../errors.ts';
import { ask, known, unknown } from '../known.ts';
import { apiPort } from '../matching.ts';
import { tokensInStack } from '../tokens.ts';
import { type TokenCandidate, candidatesOf, ownPolicies, tryTokens } from './access.ts';
import { readAuditDevices, readPolicies, readRoles } from './settings.ts';
import { answersEverybody, probeTls, readSeal, servesPlaintext } from './surface.ts';
import { readSwaps } from './swap.ts';

/** Milliseconds for one request. */
const requestLimit = 5_000;

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** The part that needs a token, all of it unknown for the same reason. */
const withoutToken = (why: string): Pick<VaultEvidence, 'auditDevices' | 'policies' | 'roles'> => ({
  auditDevices: unknown(why),
  policies: unknown(why),
  roles: unknown(why),
});

/** Trials, Palisade's own policies, and the settings that the best of the tokens may read. */
const askWithTokens = async (
  client: VaultClient,
  candidates: readonly TokenCandidate[],
  own: Secret | undefined,
  signal: AbortSignal,
): Promise<Pick<VaultEvidence, 'tokens' | 'ownPolicies' | 'auditDevices' | 'policies' | 'roles'>> => {
  const trials = await tryTokens(client, candidates, signal);
  const tokens: VaultEvidence['tokens'] = trials.known ? known(trials.value.map(({ trial }) => trial)) : trials;
  const accepted = trials.known
    ? (trials.value.find(({ trial }) => trial.root) ?? trials.value.find(({ trial }) => trial.accepted))
    : undefined;
  const reader = own ?? accepted?.token;
  const policies = await ownPolicies(client, own, signal);
  if (reader === undefined)
    return { tokens, ownPolicies: policies, ...withoutToken('no token that may read the settings is at hand') };
  const reading = client.withToken(reader);
  return {
    tokens,
    ownPolicies: policies,
    auditDevices: await readAuditDevices(reading, signal),
    policies: await readPolicies(reading, signal),
    roles: await readRoles(reading, signal),
  };
};

const ownToken = async (target: ProbeTarget): Promise<Secret | undefined> => {
  const token = await target.vaultToken?.();
  return token === undefined || token === '' ? undefined : new Secret(token);
};

/** Sends tokens only where nobody else can read or take them: over TLS with a trusted certificate, or to a server that has no TLS at all. */
const askConfidentially = async (
  target: ProbeTarget,
  endpoint: Endpoint,
  facts: Pick<VaultEvidence, 'plaintext' | 'certificate'>,
  signal: AbortSignal,
): Promise<Pick<VaultEvidence, 'tokens' | 'ownPolicies' | 'auditDevices' | 'policies' | 'roles'>> => {
  const candidates = candidatesOf(tokensInStack(target.stack), target.formerCredentials?.tokens ?? []);
  const refuse = (why: string) => ({
    tokens: candidates.length === 0 ? known([]) : unknown(why),
    ownPolicies: unknown(why),
    ...withoutToken(why),
  });
  if (!facts.plaintext.known) return refuse(facts.plaintext.why);
  const open = facts.plaintext.value;
  if (open && !loopback.has(endpoint.host)) return refuse('the server has no TLS and is not on this machine');
  if (!open && target.authorities === undefined)
    return refuse('no certificate authority is known, so the server is not trusted with a token');

  // The certificate carries `localhost`, so that a port on loopback can be verified by name.
  const host = loopback.has(endpoint.host) ? 'localhost' : endpoint.host;
  const client = createVaultClient({
    address: `${open ? 'http' : 'https'}://${host}:${endpoint.port}`,
    plaintext: open,
    timeout: requestLimit,
    retry: { attempts: 2 },
    ...(target.authorities === undefined ? {} : { authorities: target.authorities }),
  });
  try {
    // Palisade's own token is worth more than what the files of a development stack give away.
    const own = open ? undefined : await ownToken(target);
    return await askWithTokens(client, candidates, own, signal);
  } finally {
    await client.close();
  }
};

/**
 * Asks one server what everybody may ask, tries the tokens that the stack's files hold, and reads settings where a
 * token allows it. Reads alone, bounded, and never shows a token.
 *
 * @throws PalisadeError `vault/no-endpoint`, `vault/no-answer` where the server cannot be asked at all.
 */
export const collect = async (target: ProbeTarget, signal: AbortSignal): Promise<VaultEvidence> => {
  const endpoint = target.endpoint(apiPort);
  if (endpoint === undefined) throw error('vault/no-endpoint', { service: target.service.name });
  const plaintext: Answer<boolean> = await ask(signal, () => servesPlaintext(endpoint, signal));
  const tls = await probeTls(
    endpoint,
    {
      serverName: target.service.name,
      ...(target.authorities === undefined ? {} : { authorities: target.authorities }),
    },
    signal,
  );
  if (!plaintext.known && !tls.certificate.known)
    throw error('vault/no-answer', { service: target.service.name, why: plaintext.why });
  const over = tls.certificate.known ? 'https' : 'http';
  return {
    plaintext,
    ...tls,
    seal: await ask(signal, () => readSeal(endpoint, over, signal)),
    openMetrics: await answersEverybody(endpoint, '/v1/sys/metrics?format=prometheus', over, signal),
    openProfiles: await answersEverybody(endpoint, '/v1/sys/pprof/', over, signal),
    ...(await askConfidentially(target, endpoint, { plaintext, certificate: tls.certificate }, signal)),
    swap: loopback.has(endpoint.host)
      ? await ask(signal, () => readSwaps(signal))
      : unknown('the server runs on another machine'),
  };
};
