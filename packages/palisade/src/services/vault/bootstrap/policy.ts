import type { CertificateIssue } from '../../../contracts/change.ts';
import type { ManagedSecret, VaultRight } from '../../../contracts/service-kind.ts';
import { error } from './errors.ts';

/** What may be done with a path. */
export type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'sudo';

/** One exact path of a policy. */
export interface PolicyRule {
  readonly path: string;
  readonly capabilities: readonly Capability[];
  /** True where the answer may leave the server in a wrapping token only. */
  readonly wrapped?: boolean;
}

/** Name of the operator's AppRole role. */
export const operatorRole = 'palisade-operator';

/** Name of the policy of a service's AppRole role. */
export const policyName = (role: string): string => `${role}-policy`;

/** Seconds that a wrapping token lives: enough for the next two requests. */
export const wrapTtl = 60;

/**
 * Gives a name back that means itself and nothing else in a policy: no `*`, no `+`, no `..`, no quote.
 *
 * @throws `vault-bootstrap/name-refused`
 */
export const exactName = (what: string, name: string): string => {
  const parts = name.split('/');
  if (!parts.every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(part)))
    throw error('vault-bootstrap/name-refused', { what, name });
  return name;
};

/** What every token needs to live and to end, as there is no default policy. */
const ownToken: readonly PolicyRule[] = [
  { path: 'auth/token/lookup-self', capabilities: ['read'] },
  { path: 'auth/token/renew-self', capabilities: ['update'] },
  { path: 'auth/token/revoke-self', capabilities: ['update'] },
];

/** What of a goal decides about the services' policies. */
export interface Uses {
  readonly secrets: readonly ManagedSecret[];
  readonly rights: readonly VaultRight[];
}

/** What a right is in a policy. */
const ruleOf = (right: VaultRight): PolicyRule =>
  right.kind === 'own-entry'
    ? { path: `secret/data/${exactName('secret', right.path)}`, capabilities: ['create', 'read', 'update'] }
    : { path: `transit/sign/${exactName('key', right.key)}`, capabilities: ['create', 'update'] };

/** A service reads exactly its own entries, replaces those that it makes itself, and has signed what it may. */
export const serviceRules = (service: string, { secrets, rights }: Uses): readonly PolicyRule[] => [
  ...secrets
    .filter((secret) => secret.readers.includes(service))
    .map((secret): PolicyRule => ({ path: `secret/data/${exactName('secret', secret.path)}`, capabilities: ['read'] })),
  ...rights.filter((right) => right.service === service).map(ruleOf),
  ...ownToken,
];

/** Services that log in: those that read a secret or have a right of their own. Sorted. */
export const readersOf = ({ secrets, rights }: Uses): readonly string[] =>
  [
    ...new Set([...secrets.flatMap((secret) => [...secret.readers]), ...rights.map(({ service }) => service)]),
  ].toSorted();

/** What the operator does with one AppRole role: look at it, and make, find and destroy its secret-ids. */
const roleRules = (role: string): readonly PolicyRule[] => {
  const base = `auth/approle/role/${exactName('service', role)}`;
  return [
    { path: base, capabilities: ['read'] },
    { path: `${base}/role-id`, capabilities: ['read'] },
    { path: `${base}/secret-id`, capabilities: ['create', 'update'], wrapped: true },
    { path: `${base}/secret-id/`, capabilities: ['list'] },
    { path: `${base}/secret-id/lookup`, capabilities: ['create', 'update'] },
    { path: `${base}/secret-id-accessor/lookup`, capabilities: ['create', 'update'] },
    { path: `${base}/secret-id-accessor/destroy`, capabilities: ['create', 'update'] },
    { path: `sys/policies/acl/${policyName(role)}`, capabilities: ['read'] },
  ];
};

/**
 * What the operator may do: sign for each PKI role, hand out secret-ids, keep the managed secrets, look at what it has to
 * assess and at public keys, and take part in making a root token, which takes a threshold of shares beside it. It writes no policy, no role
 * and no mount, so it cannot give itself more.
 */
export const operatorRules = (
  uses: Uses,
  certificates: readonly CertificateIssue[],
  extra: readonly PolicyRule[],
): readonly PolicyRule[] => {
  const pkiRoles = [...new Set(certificates.map((certificate) => exactName('PKI role', certificate.role)))].toSorted();
  return [
    ...ownToken,
    { path: 'sys/capabilities-self', capabilities: ['update'] },
    { path: 'sys/mounts', capabilities: ['read'] },
    { path: 'sys/auth', capabilities: ['read'] },
    { path: 'sys/audit', capabilities: ['read', 'sudo'] },
    { path: 'sys/policies/acl', capabilities: ['list'] },
    { path: 'sys/generate-root-token/attempt', capabilities: ['create', 'read', 'update', 'delete'] },
    { path: 'sys/generate-root-token/update', capabilities: ['create', 'update'] },
    { path: 'auth/approle/role', capabilities: ['list'] },
    ...[...readersOf(uses), operatorRole].flatMap(roleRules),
    { path: 'pki/issuers', capabilities: ['list'] },
    { path: 'pki/issuer/default', capabilities: ['read'] },
    { path: 'pki_int/issuers', capabilities: ['list'] },
    { path: 'pki_int/issuer/default', capabilities: ['read'] },
    { path: 'pki_int/roles', capabilities: ['list'] },
    ...pkiRoles.flatMap((role): readonly PolicyRule[] => [
      { path: `pki_int/roles/${role}`, capabilities: ['read'] },
      { path: `pki_int/sign/${role}`, capabilities: ['create', 'update'] },
    ]),
    ...uses.secrets.flatMap((secret): readonly PolicyRule[] => [
      { path: `secret/data/${exactName('secret', secret.path)}`, capabilities: ['create', 'read', 'update'] },
      { path: `secret/metadata/${secret.path}`, capabilities: ['read'] },
    ]),
    // The public half, for those who verify.
    ...uses.rights.flatMap((right): readonly PolicyRule[] =>
      right.kind === 'signing' ? [{ path: `transit/keys/${right.key}`, capabilities: ['read'] }] : [],
    ),
    ...extra,
  ];
};

/** The text of a policy. Rules with the same path fall together, because the server would keep the last one only. */
export const renderPolicy = (rules: readonly PolicyRule[]): string => {
  const paths = [...new Set(rules.map((rule) => rule.path))];
  return paths
    .map((path) => {
      const same = rules.filter((rule) => rule.path === path);
      const capabilities = [...new Set(same.flatMap((rule) => rule.capabilities))].toSorted();
      const bounds = same.some((rule) => rule.wrapped === true)
        ? `  min_wrapping_ttl = "1s"\n  max_wrapping_ttl = "${wrapTtl}s"\n`
        : '';
      return `path "${path}" {\n  capabilities = [${capabilities.map((one) => `"${one}"`).join(', ')}]\n${bounds}}\n`;
    })
    .join('\n');
};
