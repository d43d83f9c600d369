export { type AppRole, type Approle, type SecretId, type SecretIdInformation, secretIdOf } from './approle.ts';
export type { Answer, Call, CallOptions, RequestValue, Send } from './call.ts';
export {
  type RetryOptions,
  type TokenSource,
  type VaultClient,
  type VaultClientOptions,
  createVaultClient,
} from './client.ts';
export type { Clock, Random } from './clock.ts';
export { VaultError, type VaultErrorCode, isVaultError } from './errors.ts';
export type { Fields } from './fields.ts';
export { type GenerateRoot, type RootAttempt, decodeRootToken } from './generate-root.ts';
export type { Kv2, Kv2Entry, Kv2Metadata } from './kv2.ts';
export type { AuthorityParameters, Pki, PkiRole, SignedCertificate } from './pki.ts';
export { Secret } from './secret.ts';
export { type AppRoleSession, type AppRoleSessionOptions, type SessionEvent, createAppRoleSession } from './session.ts';
export type { AuditDevice, Health, InitResult, Mount, SealStatus, Sys } from './sys.ts';
export type { Grant, TokenFunctions, TokenInformation } from './token.ts';
export type { Transit } from './transit.ts';
export type { ClientCertificate } from './transport.ts';
export type { WrappedAnswer, Wrapping } from './wrapping.ts';
export { type CertificateSubject, createCertificateRequest, createSelfSignedCertificate } from './x509/certificate.ts';
