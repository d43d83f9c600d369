import type { IncomingMessage } from 'node:http';
import { after } from './after.ts';
import { type ApiKeys, checkApiKey } from './api-key/api-key.ts';
import { type CertificateClient, type ClientCertificate, checkCertificate } from './certificate/certificate.ts';
import type { Now } from './clock.ts';
import type { CredentialKind, Identity } from './identity.ts';
import { type Refusal, isRefusal, refuse } from './refusal.ts';
import { type ProofParameters, checkProof } from './token/dpop.ts';
import type { TokenVerifier, VerifiedToken } from './token/verifier.ts';

/** Everything that can tell who calls. */
export interface Authenticators {
  readonly tokens?: TokenVerifier;
  readonly proofs?: ProofParameters;
  readonly apiKeys?: { readonly keys: ApiKeys; readonly header: string; readonly timeout: number };
  readonly clients?: readonly CertificateClient[];
  /** The verified certificate of a request's connection. */
  readonly certificateOf: (request: IncomingMessage) => ClientCertificate | undefined;
  readonly now: Now;
}

/** Who calls, or why not; at once where nobody else has to be asked. */
export type Decided = Identity | Refusal | Promise<Identity | Refusal>;

/** Values of a header as they were sent; Node.js keeps only one of two Authorization headers. */
const valuesOf = (request: IncomingMessage, name: string): readonly string[] => {
  const values: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2)
    // Lower case costs, and most names have another length.
    if (request.rawHeaders[index]?.length === name.length && request.rawHeaders[index]?.toLowerCase() === name)
      values.push(request.rawHeaders[index + 1] ?? '');
  return values;
};

/** The scheme in lower case and what comes after it; a regular expression would look at each character of a long token. */
const readAuthorization = (value: string): readonly [scheme: string, text: string] => {
  const space = value.indexOf(' ');
  const text = value.slice(space + 1);
  return space === -1 || text === '' || text.includes(' ') ? ['', ''] : [value.slice(0, space).toLowerCase(), text];
};

/** The sender of a token has proven that it holds the key that the token is bound to. */
const checkSender = async (
  request: IncomingMessage,
  text: string,
  identity: Identity,
  key: string | undefined,
  proofs: ProofParameters | undefined,
): Promise<Identity | Refusal> => {
  const [proof, ...more] = valuesOf(request, 'dpop');
  if (proofs === undefined || proof === undefined || more.length > 0) return refuse('proof-invalid', 'proof-missing');
  const thumbprint = await checkProof(
    proof,
    { method: request.method ?? '', target: request.url ?? '', accessToken: text },
    proofs,
  );
  if (typeof thumbprint !== 'string') return thumbprint;
  return key === thumbprint ? identity : refuse('proof-invalid', 'proof-other-key');
};

/** A token's binding is kept: to the certificate of the connection, to the key of the proof. */
const checkBinding = (
  request: IncomingMessage,
  kind: 'bearer' | 'dpop',
  text: string,
  verified: VerifiedToken | Refusal,
  authenticators: Authenticators,
): Decided => {
  if (isRefusal(verified)) return verified;
  const { certificate, key } = verified.claims.confirmation;
  if (certificate !== undefined && authenticators.certificateOf(request)?.thumbprint !== certificate)
    return refuse('token-invalid', 'certificate-binding');
  if (kind === 'bearer') {
    // A token that is bound to a key is no bearer token; taking it as one would give up the binding (RFC 9449 section 7.2).
    if (key !== undefined) return refuse('token-invalid', 'proof-missing');
    if (verified.bound === 'required' && certificate === undefined) return refuse('token-invalid', 'unbound');
    return verified.identity;
  }
  return checkSender(request, text, verified.identity, key, authenticators.proofs);
};

const checkToken = (
  request: IncomingMessage,
  kind: 'bearer' | 'dpop',
  text: string,
  authenticators: Authenticators,
): Decided => {
  const { tokens } = authenticators;
  if (tokens === undefined) return refuse('token-invalid', 'scheme');
  return after(tokens.verify(text), (verified) => checkBinding(request, kind, text, verified, authenticators));
};

/** Who sends a request. Two credentials are refused: whoever looks at the other one would see somebody else. */
export const authenticate = (
  request: IncomingMessage,
  accepted: readonly CredentialKind[],
  authenticators: Authenticators,
): Decided => {
  const authorizations = valuesOf(request, 'authorization');
  const { apiKeys, clients } = authenticators;
  const keys = apiKeys === undefined ? [] : valuesOf(request, apiKeys.header);
  if (authorizations.length + keys.length > 1) return refuse('credentials-ambiguous', 'credentials-ambiguous');
  const [, query = ''] = request.url?.split('?', 2) ?? [];
  if (query !== '' && new URLSearchParams(query).has('access_token')) return refuse('token-in-query', 'token-in-query');

  const [authorization] = authorizations;
  if (authorization !== undefined) {
    const [kind, text] = readAuthorization(authorization);
    if ((kind !== 'bearer' && kind !== 'dpop') || !accepted.includes('jwt')) return refuse('token-invalid', 'scheme');
    return checkToken(request, kind, text, authenticators);
  }
  const [key] = keys;
  if (key !== undefined && apiKeys !== undefined) {
    if (!accepted.includes('api-key')) return refuse('api-key-invalid', 'credential-not-accepted');
    return checkApiKey(key, apiKeys.keys, { now: authenticators.now, timeout: apiKeys.timeout });
  }
  if (clients !== undefined && accepted.includes('client-certificate')) {
    const certificate = authenticators.certificateOf(request);
    if (certificate !== undefined) return checkCertificate(certificate, clients);
  }
  return refuse('credentials-missing', 'credentials-missing');
};

/** `WWW-Authenticate` for a refusal: no error code where no credential was sent (RFC 6750 section 3.1). */
export const challengeOf = (
  refusal: Refusal | 'insufficient',
  accepted: readonly CredentialKind[],
  proofAlgorithms: readonly string[] | undefined,
  scopes: readonly string[],
): string | undefined => {
  if (!accepted.includes('jwt')) return accepted.includes('api-key') ? 'ApiKey' : undefined;
  if (refusal === 'insufficient') {
    const wanted = scopes.join(' ').replaceAll(/[^\x21\x23-\x5b\x5d-\x7e ]/g, '');
    return `Bearer error="insufficient_scope"${wanted === '' ? '' : `, scope="${wanted}"`}`;
  }
  const proofs = proofAlgorithms === undefined ? '' : `, DPoP algs="${proofAlgorithms.join(' ')}"`;
  switch (refusal.problem) {
    case 'token-expired':
      return `Bearer error="invalid_token", error_description="Token expired"${proofs}`;
    case 'token-invalid':
      return `Bearer error="invalid_token", error_description="Invalid token"${proofs}`;
    case 'proof-invalid':
      return `DPoP error="invalid_dpop_proof"${proofAlgorithms === undefined ? '' : `, algs="${proofAlgorithms.join(' ')}"`}`;
    case 'credentials-ambiguous':
    case 'token-in-query':
      return `Bearer error="invalid_request"${proofs}`;
    default:
      return `Bearer${proofs}`;
  }
};
