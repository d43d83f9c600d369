import type { Probe } from './service-kind.ts';
import type { Stack } from './stack.ts';

/** Where a service answers from this machine. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The end of a program. Output is bounded; what was cut is said in `truncated`. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

/** How one service is doing. */
export interface ServiceStatus {
  readonly service: string;
  readonly state: 'running' | 'stopped' | 'failed' | 'left-out';
  /** Why, where it is not running; what is to be known of it, where it is. */
  readonly detail?: string;
  /** True where it runs with another configuration than the project has by now; absent where it does not, or nobody can tell. */
  readonly outdated?: true;
  readonly processId?: number;
  readonly endpoints: readonly (Endpoint & { readonly containerPort: number })[];
}

/** Address blocks (`172.20.0.0/16`) from which calls arrive. */
export interface Callers {
  /** By the name of the service; one that shares no network has none. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  readonly machine: readonly string[];
}

/** Where a stack runs. One instance belongs to one stack in one posture. */
export interface Runtime {
  readonly kind: 'process' | 'compose';
  /** Starts what is not running, and anew what runs with an earlier configuration, in the order of dependencies, each when those before it are ready. */
  readonly up: (options: {
    readonly only?: readonly string[];
    readonly signal: AbortSignal;
    readonly progress: (line: string) => void;
  }) => Promise<readonly ServiceStatus[]>;
  /** Stops in reverse order; also what an earlier, killed run has left. */
  readonly down: (options: {
    readonly signal: AbortSignal;
    readonly progress: (line: string) => void;
  }) => Promise<void>;
  readonly status: () => Promise<readonly ServiceStatus[]>;
  readonly endpoint: (service: string, containerPort: number) => Endpoint | undefined;
  /** Runs a client program with the service's local administrator's identity. */
  readonly exec: (
    service: string,
    command: readonly string[],
    options: { readonly input?: string; readonly signal: AbortSignal },
  ) => Promise<ExecResult>;
  /** Makes the service reread certificates and configuration. */
  readonly reload: (service: string) => Promise<void>;
  readonly restart: (service: string, signal: AbortSignal) => Promise<void>;
  /** Moves the service's state aside, out of use, and says where to; for a server whose first start was cut off. */
  readonly setAside: (service: string) => Promise<string>;
  /** The last lines that a service has written, oldest first; absent where the runtime keeps none. */
  readonly logs?: (
    service: string,
    options: { readonly lines: number; readonly signal: AbortSignal },
  ) => Promise<string>;
  /**
   * Takes what belongs to the accounts of services back to whoever runs this, for work on certificates and secrets; resolves
   * to what gives it again. A service that starts meanwhile does not find it. Absent where this process needs no such thing.
   */
  readonly reclaim?: (signal: AbortSignal) => Promise<() => Promise<void>>;
  /** Reads a file of the project that belongs to the account of a service; absent where this process may read it by itself. */
  readonly readOwnFile?: (path: string, signal: AbortSignal) => Promise<string>;
  /**
   * The address blocks from which calls arrive at a running service: those of each other service, whether it runs or not,
   * and those of this machine. Absent where everything calls from loopback.
   */
  readonly callersOf?: (service: string, signal: AbortSignal) => Promise<Callers>;
  /** Probes of what only the runtime sees of its services; those of one call share what they look at. Absent where it sees nothing. */
  readonly probes?: () => readonly Probe[];
  readonly stack: Stack;
}
