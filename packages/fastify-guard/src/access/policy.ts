import type { FastifyRequest } from 'fastify';
import { GuardError } from '../errors.ts';
import { type CredentialKind, credentialKinds } from '../identity.ts';
import { type LimitRule, type SettledLimit, readRules } from '../limit/rules.ts';
import { requireFunction, requireText, requireTexts, unknownOptions } from '../options/check.ts';
import type { Roles } from './roles.ts';

/** What is written into the audit log about a route. */
export interface RouteAudit {
  /** What is done, as a stable word: `user.delete`. */
  readonly action: string;
  /** To what: `(request) => request.params.id`. The address without its query where absent. */
  readonly resource?: (request: FastifyRequest) => string;
  /**
   * Whether the operation changes something: then its intent is recorded before the handler runs. True where absent, but for GET and
   * HEAD.
   */
  readonly effects?: boolean;
}

/** Who may call a route, and what else holds for it. */
export interface RoutePolicy {
  /** `public` or `authenticated`; where absent, one of roles, scopes and by has to say more. */
  readonly access?: 'public' | 'authenticated';
  /** One of them is enough. */
  readonly roles?: readonly string[];
  /** All of them are needed. */
  readonly scopes?: readonly string[];
  /** Accepted credentials; all that the guard knows where absent. */
  readonly by?: readonly CredentialKind[];
  /** Routes of a group are counted together by the limits of the group. */
  readonly group?: string;
  /** Limits of this route alone. `none` takes it out of those of every route, for probes of health. */
  readonly limits?: readonly LimitRule[] | 'none';
  /** A word for the action, or more. */
  readonly audit?: string | RouteAudit;
  /** False: is answered under overload too, for probes of health. */
  readonly shed?: boolean;
}

/** How a route is declared: `config: { guard: ... }`. */
export type RouteAccess = 'public' | 'authenticated' | RoutePolicy;

/** A declaration that was checked. */
export interface SettledPolicy {
  readonly method: string;
  readonly url: string;
  readonly access: 'public' | 'authenticated';
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly by: readonly CredentialKind[];
  readonly group: string | undefined;
  readonly limits: readonly SettledLimit[];
  readonly audit: (RouteAudit & { readonly effects: boolean }) | undefined;
  readonly shed: boolean;
}

/** Where the checked declaration lies in the configuration of a route: with the route itself, so that no other route can be meant. */
export const settledPolicy = Symbol('settled policy');

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route without it does not boot. */
    guard?: RouteAccess;
    /** By method. */
    [settledPolicy]?: ReadonlyMap<string, SettledPolicy>;
  }
}

/** What policies are checked against. */
export interface PolicySurroundings {
  readonly roles: Roles;
  readonly credentials: readonly CredentialKind[];
  readonly groups: ReadonlyMap<string, readonly SettledLimit[]>;
  readonly everywhere: readonly SettledLimit[];
  readonly audits: boolean;
}

const names: readonly (keyof RoutePolicy)[] = ['access', 'roles', 'scopes', 'by', 'group', 'limits', 'audit', 'shed'];

const isKind = (value: unknown): value is CredentialKind => credentialKinds.some((kind) => kind === value);

/** Throws `guard/route-policy-invalid` with the name of the route, whatever was wrong. */
const naming = <Result>(route: string, check: () => Result): Result => {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof GuardError)) throw error;
    throw new GuardError('guard/route-policy-invalid', `route ${route}: ${error.message}`);
  }
};

const fault = (text: string): GuardError => new GuardError('guard/option-invalid', text);

const settleAudit = (audit: RoutePolicy['audit'], method: string): SettledPolicy['audit'] => {
  if (audit === undefined) return undefined;
  const given = typeof audit === 'string' ? { action: audit } : audit;
  unknownOptions(given, ['action', 'resource', 'effects'], 'audit');
  requireText(given.action, 'audit.action');
  if ('resource' in given) requireFunction(given.resource, 'audit.resource');
  return { ...given, effects: ('effects' in given ? given.effects : undefined) ?? !['GET', 'HEAD'].includes(method) };
};

/** Checks the declaration of a route. Throws GuardError that names the route. */
export const settlePolicy = (
  method: string,
  url: string,
  declared: RouteAccess | undefined,
  surroundings: PolicySurroundings,
): SettledPolicy => {
  const route = `${method} ${url}`;
  if (declared === undefined || declared === null)
    throw new GuardError('guard/route-undeclared', `route ${route} does not say who may call it`);
  return naming(route, () => {
    const policy: RoutePolicy =
      declared === 'public' || declared === 'authenticated' ? { access: declared } : (declared satisfies RoutePolicy);
    unknownOptions(policy, names, 'guard');
    const { access, roles, scopes, by, group, limits, audit, shed = true } = policy;
    if (access !== undefined && access !== 'public' && access !== 'authenticated')
      throw fault('access must be public or authenticated');
    if (access === undefined && roles === undefined && scopes === undefined && by === undefined)
      throw fault('it names neither access nor roles, scopes or by');
    if (access === 'public' && (roles !== undefined || scopes !== undefined || by !== undefined))
      throw fault('it is public and demands something of its callers');
    for (const [name, list] of Object.entries({ roles, scopes, by }))
      if (list !== undefined) requireTexts(list, name, 1);
    const stray = roles?.find((role) => !surroundings.roles.has(role));
    if (stray !== undefined) throw fault(`${JSON.stringify(stray)} is no role of the options`);
    const missing = by?.find((kind) => !isKind(kind) || !surroundings.credentials.includes(kind));
    if (missing !== undefined) throw fault(`no authenticator of the options accepts ${missing}`);
    if (access !== 'public' && surroundings.credentials.length === 0)
      throw fault('it demands credentials, and the options have no authenticator');
    if (audit !== undefined && !surroundings.audits) throw fault('it is audited, and the options have no audit sink');
    const grouped = group === undefined ? [] : surroundings.groups.get(group);
    if (grouped === undefined) throw fault(`${JSON.stringify(group)} is no group of the options`);
    const own = limits === undefined || limits === 'none' ? [] : readRules(limits, `route.${route}`, 'limits');
    const settled = [...(limits === 'none' ? [] : surroundings.everywhere), ...grouped, ...own];
    if (access === 'public' && [...grouped, ...own].some(({ per }) => per === 'subject'))
      throw fault('it is public, and a limit counts by subject');
    return {
      method,
      url,
      access: access === 'public' ? 'public' : 'authenticated',
      roles: roles ?? [],
      scopes: scopes ?? [],
      by: access === 'public' ? [] : (by ?? surroundings.credentials),
      group,
      limits: settled,
      audit: settleAudit(audit, method),
      shed,
    };
  });
};
