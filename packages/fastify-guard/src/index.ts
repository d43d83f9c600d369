export type { OpenApiSecurity, OperationSecurity, SecurityScheme } from './access/openapi.ts';
export type { RouteAccess, RouteAudit, RoutePolicy } from './access/policy.ts';
export type { RoleTable } from './access/roles.ts';
export { type RouteRow, formatRoutes } from './access/table.ts';
export {
  type ApiKeyHash,
  type ApiKeyRecord,
  type ApiKeys,
  createApiKey,
  createApiKeyList,
  rotateApiKey,
} from './api-key/api-key.ts';
export type { AuditSink, GuardAuditEvent } from './audit/audit.ts';
export type { CertificateClient } from './certificate/certificate.ts';
export type { CertificateName } from './certificate/names.ts';
export { GuardError, type GuardErrorCode, isGuardError } from './errors.ts';
export { type Guard, type GuardedServerOptions, createGuard } from './guard.ts';
export type { Bounds } from './http/bounds.ts';
export type { CorsOptions } from './http/cors.ts';
export type { CertificateBundle, TlsListenerOptions } from './http/listener.ts';
export type { OverloadOptions } from './http/overload.ts';
export { type CredentialKind, type Identity, identityKey } from './identity.ts';
export type { Count, Counted, Counter, CounterStore } from './limit/counter.ts';
export type { WhenStoreFails } from './limit/limiter.ts';
export { createMemoryStore } from './limit/memory.ts';
export type { RateText } from './limit/rate.ts';
export { createRedisStore } from './limit/redis.ts';
export type { LimitRule, LimitSubject } from './limit/rules.ts';
export type {
  ApiKeyOptions,
  AuditOptions,
  DpopOptions,
  GuardEvent,
  GuardOptions,
  LimitOptions,
  TokenOptions,
} from './options/options.ts';
export { addressOf, identityOf, requireIdentity } from './plugin/plugin.ts';
export { type Problem, type ProblemCode, ProblemError, problemCodes, problemType } from './problem/problem.ts';
export type { RedisCommands } from './redis.ts';
export type { Algorithm } from './token/algorithms.ts';
export type { ReplayStore } from './token/dpop.ts';
export type { IssuerOptions, PublishedKeys } from './token/issuer.ts';
export type { JwksTimes } from './token/jwks.ts';
export type { LocalKey } from './token/keys.ts';
export { createRedisReplayStore, createReplayStore } from './token/replay.ts';
export {
  type RevocationList,
  type Revocations,
  type TokenName,
  createRedisRevocationList,
  createRevocationList,
} from './token/revocation.ts';
