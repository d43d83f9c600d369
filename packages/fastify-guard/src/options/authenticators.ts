import { GuardError } from '../errors.ts';
import type { CertificateClient } from '../certificate/certificate.ts';
import type { Now } from '../clock.ts';
import { type CredentialKind } from '../identity.ts';
import { isAlgorithm, isSymmetric } from '../token/algorithms.ts';
import type { ProofParameters } from '../token/dpop.ts';
import { type Issuer, createIssuer } from '../token/issuer.ts';
import { createReplayStore } from '../token/replay.ts';
import { type TokenVerifier, createTokenVerifier } from '../token/verifier.ts';
import { requireFunction, requireText, requireTexts, requireWholeNumber, unknownOptions } from './check.ts';
import type { ApiKeyOptions, DpopOptions, GuardOptions, TokenOptions } from './options.ts';

/** Milliseconds for one question to a store of the application. */
const questionTimeout = 1_000;

/** What is read of the options that say who is let in. */
export interface Credentials {
  readonly kinds: readonly CredentialKind[];
  readonly issuers: readonly Issuer[];
  readonly tokens?: TokenVerifier;
  readonly proofs?: ProofParameters;
  readonly apiKeys?: { readonly keys: ApiKeyOptions['keys']; readonly header: string; readonly timeout: number };
  readonly clients?: readonly CertificateClient[];
}

const readProofs = (options: DpopOptions, now: Now): ProofParameters => {
  unknownOptions(options, ['origins', 'algorithms', 'window', 'replays'], 'tokens.dpop');
  requireTexts(options.origins, 'tokens.dpop.origins', 1);
  for (const origin of options.origins)
    if (URL.parse(origin)?.origin !== origin)
      throw new GuardError('guard/option-invalid', `tokens.dpop.origins: ${JSON.stringify(origin)} is no origin`);
  const { algorithms = ['ES256', 'EdDSA', 'Ed25519'], window = 60, replays = createReplayStore({ now }) } = options;
  if (algorithms.length === 0 || !algorithms.every((name) => isAlgorithm(name) && !isSymmetric(name)))
    throw new GuardError('guard/option-invalid', 'tokens.dpop.algorithms must name algorithms of public keys');
  requireWholeNumber(window, 1, 'tokens.dpop.window');
  requireFunction(replays.first, 'tokens.dpop.replays.first');
  return { origins: options.origins, algorithms, window: window * 1000, replays, timeout: questionTimeout, now };
};

const readTokens = (
  options: TokenOptions,
  now: Now,
  signal: AbortSignal,
  failed: (issuer: string, reason: string) => void,
): Pick<Credentials, 'tokens' | 'proofs' | 'issuers'> => {
  const names = ['issuers', 'tolerance', 'revocations', 'remember', 'rememberFor', 'dpop'];
  unknownOptions(options, names, 'tokens');
  const { tolerance = 5, remember = 1_000, rememberFor = 60, revocations } = options;
  requireWholeNumber(tolerance, 0, 'tokens.tolerance');
  requireWholeNumber(remember, 0, 'tokens.remember');
  requireWholeNumber(rememberFor, 1, 'tokens.rememberFor');
  if (revocations !== undefined) requireFunction(revocations.isRevoked, 'tokens.revocations.isRevoked');
  if (!Array.isArray(options.issuers) || options.issuers.length === 0)
    throw new GuardError('guard/option-invalid', 'tokens.issuers must be a list of issuers');
  const surroundings = { now, tolerance, needsTokenId: revocations !== undefined, signal, failed };
  const issuers = options.issuers.map((issuer, index) =>
    createIssuer(issuer, `tokens.issuers[${index}]`, surroundings),
  );
  if (new Set(issuers.map(({ name }) => name)).size < issuers.length)
    throw new GuardError('guard/option-invalid', 'tokens.issuers names an issuer twice');
  return {
    issuers,
    tokens: createTokenVerifier({
      issuers,
      revocations,
      revocationTimeout: questionTimeout,
      now,
      cacheSize: remember,
      cacheTime: rememberFor * 1000,
    }),
    ...(options.dpop === undefined ? {} : { proofs: readProofs(options.dpop, now) }),
  };
};

const readApiKeys = (options: ApiKeyOptions): NonNullable<Credentials['apiKeys']> => {
  unknownOptions(options, ['keys', 'header'], 'apiKeys');
  requireFunction(options.keys.find, 'apiKeys.keys.find');
  const header = (options.header ?? 'x-api-key').toLowerCase();
  if (!/^[a-z][a-z0-9-]*$/.test(header) || header === 'authorization' || header === 'dpop')
    throw new GuardError('guard/option-invalid', 'apiKeys.header must be the name of a header of its own');
  return { keys: options.keys, header, timeout: questionTimeout };
};

const readClients = (clients: readonly CertificateClient[], options: GuardOptions): readonly CertificateClient[] => {
  if (options.tls?.clients !== 'optional' && options.tls?.clients !== 'required')
    throw new GuardError(
      'guard/option-invalid',
      'clients needs tls.clients, or no connection has a verified certificate',
    );
  for (const [index, client] of clients.entries()) {
    const where = `clients[${index}]`;
    unknownOptions(client, ['name', 'subject', 'roles', 'scopes'], where);
    if (!/^(DNS:[a-z0-9.*-]+|URI:.+)$/.test(client.name) || client.name.includes('*'))
      throw new GuardError(
        'guard/option-invalid',
        `${where}.name must be like DNS:api.internal or URI:spiffe://stack/api`,
      );
    requireText(client.subject, `${where}.subject`);
    requireTexts(client.roles, `${where}.roles`, 0);
    requireTexts(client.scopes, `${where}.scopes`, 0);
  }
  return clients;
};

/** Reads the options that say who is let in. Throws GuardError. */
export const readCredentials = (
  options: GuardOptions,
  now: Now,
  signal: AbortSignal,
  failed: (issuer: string, reason: string) => void,
): Credentials => {
  const { tokens, apiKeys, clients } = options;
  return {
    issuers: [],
    ...(tokens === undefined ? {} : readTokens(tokens, now, signal, failed)),
    ...(apiKeys === undefined ? {} : { apiKeys: readApiKeys(apiKeys) }),
    ...(clients === undefined ? {} : { clients: readClients(clients, options) }),
    kinds: [
      ...(tokens === undefined ? [] : (['jwt'] as const)),
      ...(apiKeys === undefined ? [] : (['api-key'] as const)),
      ...(clients === undefined ? [] : (['client-certificate'] as const)),
    ],
  };
};
