import type { RouteAccess } from '../access/policy.ts';
import type { RoleTable } from '../access/roles.ts';
import type { ApiKeys } from '../api-key/api-key.ts';
import type { AuditSink } from '../audit/audit.ts';
import type { CertificateClient } from '../certificate/certificate.ts';
import type { CertificateName } from '../certificate/names.ts';
import type { Now } from '../clock.ts';
import type { Bounds } from '../http/bounds.ts';
import type { CorsOptions } from '../http/cors.ts';
import type { TlsListenerOptions } from '../http/listener.ts';
import type { OverloadOptions } from '../http/overload.ts';
import type { CounterStore } from '../limit/counter.ts';
import type { WhenStoreFails } from '../limit/limiter.ts';
import type { LimitRule } from '../limit/rules.ts';
import type { Algorithm } from '../token/algorithms.ts';
import type { ReplayStore } from '../token/dpop.ts';
import type { IssuerOptions } from '../token/issuer.ts';
import type { Revocations } from '../token/revocation.ts';

/** Access tokens. Times in seconds. */
export interface TokenOptions {
  readonly issuers: readonly IssuerOptions[];
  /** How far clocks may differ; 5 where absent. */
  readonly tolerance?: number;
  /** Asked for every token, remembered or not; tokens then need `jti`. */
  readonly revocations?: Revocations;
  /** How many verified tokens are remembered; 1000 where absent, 0 for none. */
  readonly remember?: number;
  /** How long one is remembered; 60 where absent. */
  readonly rememberFor?: number;
  /** Accepts proofs of possession, RFC 9449. */
  readonly dpop?: DpopOptions;
}

/** Proofs of possession. */
export interface DpopOptions {
  /** This service as callers write it: `https://api.example`. Never taken from the request, where the caller says it. */
  readonly origins: readonly string[];
  /** Public-key algorithms; ES256, EdDSA and Ed25519 (RFC 9864) where absent. */
  readonly algorithms?: readonly Algorithm[];
  /** Seconds that a proof may lie away from now; 60 where absent. */
  readonly window?: number;
  /** Where proofs that were used are remembered; this process where absent, which is right for one instance alone. */
  readonly replays?: ReplayStore;
}

/** API keys in a header. */
export interface ApiKeyOptions {
  readonly keys: ApiKeys;
  /** `x-api-key` where absent. */
  readonly header?: string;
}

/** Limits of requests. */
export interface LimitOptions {
  /** Hold for every route together, those that do not exist too. */
  readonly everywhere?: readonly LimitRule[];
  /** Hold for the routes that name the group together. */
  readonly groups?: Readonly<Record<string, readonly LimitRule[]>>;
  /** Where requests are counted; this process where absent. */
  readonly store?: CounterStore;
  /** Has to be said with `store`. */
  readonly whenStoreFails?: WhenStoreFails;
  /** Milliseconds for one question to the store; 250 where absent. */
  readonly timeout?: number;
}

/** The audit log. */
export interface AuditOptions {
  /** An `AuditLog` of @palisade/audit, or a sink of the application's own. */
  readonly sink: AuditSink;
  /** Milliseconds for one record; 5000 where absent. */
  readonly timeout?: number;
}

/** Everything that a guard is told. What it does not know it refuses with a code. */
export interface GuardOptions {
  /** Each role and the roles that it includes. */
  readonly roles?: RoleTable;
  readonly tokens?: TokenOptions;
  readonly apiKeys?: ApiKeyOptions;
  /** Callers that are known by their certificate alone; needs `tls.clients`. */
  readonly clients?: readonly CertificateClient[];
  readonly limits?: LimitOptions;
  readonly audit?: AuditOptions;
  readonly cors?: CorsOptions;
  /** Security headers to add, change, or take away with `false`. */
  readonly headers?: Readonly<Record<string, string | false>>;
  readonly bounds?: Partial<Bounds>;
  readonly overload?: Partial<OverloadOptions>;
  /** HTTPS; plain HTTP where absent, for a service behind a proxy on the same machine and for development. */
  readonly tls?: TlsListenerOptions;
  /** Addresses and networks of our own proxies, whose X-Forwarded-For is believed. */
  readonly proxies?: readonly string[];
  /**
   * Names in the certificates of our own proxies: only on a connection with one of them is X-Forwarded-For believed, and with
   * `proxies` only from those addresses. Needs `tls.clients`.
   */
  readonly proxyNames?: readonly CertificateName[];
  /** Access of routes whose declaration is not ours to write, those of other plug-ins: `{ 'GET /metrics': { roles: ['ops'] } }`. */
  readonly routes?: Readonly<Record<string, RouteAccess>>;
  /** `foreign`: the application makes and bounds its server itself, and `guard.fastify` is not used. */
  readonly server?: 'guarded' | 'foreign';
  /** Told what an operator wants to see. */
  readonly observe?: (event: GuardEvent) => void;
  readonly now?: Now;
}

/** Something that an operator wants to see; holds no secret. */
export type GuardEvent =
  | {
      readonly type: 'refused';
      readonly problem: string;
      readonly reason: string;
      readonly address: string;
      readonly route: string;
    }
  | { readonly type: 'limit-store'; readonly answers: boolean; readonly reason: string }
  | { readonly type: 'keys-not-fetched'; readonly issuer: string; readonly reason: string };

/** Names of all options. */
export const optionNames: readonly (keyof GuardOptions)[] = [
  'roles',
  'tokens',
  'apiKeys',
  'clients',
  'limits',
  'audit',
  'cors',
  'headers',
  'bounds',
  'overload',
  'tls',
  'proxies',
  'proxyNames',
  'routes',
  'server',
  'observe',
  'now',
];
