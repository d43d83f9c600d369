import type { ProcessCapability, ServiceKind } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import type { Clock } from '../../support/clock.ts';
import type { Account } from './accounts.ts';
import type { Places } from './mounts.ts';

/** Bounds in milliseconds, and of logs in bytes. */
export interface Bounds {
  /** From the start of a service to its readiness, for one try. */
  readonly start: number;
  /** Of one program that runs before the service. */
  readonly prepare: number;
  /** From the stop signal to SIGKILL. */
  readonly stop: number;
  /** Of one client program. */
  readonly exec: number;
  readonly logBytes: number;
}

/** The machine and the stack, as everything that starts and stops services sees them. */
export interface Host {
  readonly stack: Stack;
  readonly kinds: ReadonlyMap<string, ServiceKind>;
  readonly dataDirectory: string;
  /** True where the data had to go elsewhere than the state, because services could not reach it there. */
  readonly apart: boolean;
  readonly places: Places;
  readonly accounts: ReadonlyMap<string, Account>;
  /** True where Palisade runs as root, and each service as somebody else. */
  readonly privileged: boolean;
  readonly operator: { readonly uid: number; readonly gid: number };
  readonly programDirectories: readonly string[];
  readonly bounds: Bounds;
  readonly clock: Clock;
  readonly random: () => number;
  /** What was said already of closed directories and files, which concerns many mounts and is said once. */
  readonly told: Set<string>;
}

/** A service that this runtime can try to run. */
export interface Runnable {
  readonly service: Service;
  readonly kind: ServiceKind;
  readonly process: ProcessCapability;
  readonly account: Account;
}

/** The service with its capability, or why there is none. */
export const runnableOf = (host: Host, name: string): Runnable | { readonly reason: string } => {
  const service = host.stack.services.get(name);
  const account = host.accounts.get(name);
  if (service === undefined || account === undefined) return { reason: 'the stack has no such service' };
  const kind = host.kinds.get(service.kind);
  if (kind === undefined) return { reason: `no service kind is known for it (${service.kind})` };
  if (kind.process === undefined) return { reason: `${kind.title} cannot be run as a process of this host` };
  const why = kind.process.leftOut?.(service, host.stack);
  if (why !== undefined) return { reason: why };
  return { service, kind, process: kind.process, account };
};
