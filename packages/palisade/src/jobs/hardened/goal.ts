import { kinds } from '../../catalog.generated.ts';
import type { Callers } from '../../contracts/runtime.ts';
import type { CertificateIssue, SqlStatement } from '../../contracts/change.ts';
import type { ManagedSecret, ServiceKind, VaultRight } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { activeServices } from '../../model/index.ts';
import { type BootstrapGoal, readersOf } from '../../services/vault/bootstrap/index.ts';
import { canonicalJson } from '../../support/canonical-json.ts';

/** The kind of a service; undefined for an unknown one. */
export const kindOf = (service: Service): ServiceKind | undefined => kinds.find(({ id }) => id === service.kind);

const uniqueBy = <T>(items: readonly T[], key: (item: T) => string): readonly T[] => [
  ...new Map(items.map((item) => [key(item), item])).values(),
];

/** Every certificate that the services of a stack need, each once. */
export const certificatesOf = (stack: Stack): readonly CertificateIssue[] =>
  uniqueBy(
    activeServices(stack).flatMap((service) => kindOf(service)?.certificates?.(stack, service) ?? []),
    canonicalJson,
  );

/** Every credential that the services of a stack need. */
export const secretsOf = (stack: Stack): readonly ManagedSecret[] =>
  activeServices(stack).flatMap((service) => kindOf(service)?.secrets?.(stack, service) ?? []);

/** What the services of a stack do in Vault beside reading those. */
const rightsOf = (stack: Stack): readonly VaultRight[] =>
  activeServices(stack).flatMap((service) => kindOf(service)?.vaultRights?.(stack, service) ?? []);

/** What has to hold in a service's database. */
export const statementsOf = (stack: Stack, service: Service): readonly SqlStatement[] =>
  kindOf(service)?.statements?.(stack, service) ?? [];

/** Addresses that everything calls from where the stack runs as host processes. */
const loopback = ['127.0.0.0/8', '::1/128'];

/**
 * What Vault is to become. Logins are bound to the addresses from which each consumer's calls arrive; all of them are
 * loopback where the stack runs as host processes.
 */
export const bootstrapGoalOf = (stack: Stack, callers?: Callers): BootstrapGoal => {
  const secrets = secretsOf(stack);
  const rights = rightsOf(stack);
  return {
    secrets,
    rights,
    certificates: certificatesOf(stack),
    consumers: readersOf({ secrets, rights }).map((service) => ({
      service,
      cidrs: callers === undefined ? loopback : (callers.services.get(service) ?? []),
    })),
    operatorCidrs: callers?.machine ?? loopback,
    // To assess how far policies reach, the operator reads all of them; the server brings this one itself.
    operatorRules: [{ path: 'sys/policies/acl/default', capabilities: ['read'] }],
    auditFiles: new Map([
      ['main', '/vault/logs/audit.log'],
      ['second', '/vault/logs/audit-second.log'],
    ]),
  };
};
