/** A fact that was asked of the outside world: known, or unknown with the reason. An unknown is never a pass. */
export type Answer<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

/**
 * What each probe collects about one service, by the name of the evidence. A service kind adds its own entry:
 * `declare module '../../contracts/evidence.ts' { interface EvidenceMap { postgres: PostgresEvidence } }`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface EvidenceMap {
  /** The listening sockets of a service, seen from the host. */
  readonly listeners: ListenerEvidence;
  /** How the container of a service is confined, from the engine and the kernel. */
  readonly container: ContainerEvidence;
  /** Which other services a service reaches from inside its networks. */
  readonly reachability: ReachabilityEvidence;
}

/** TCP listeners that belong to a service. */
export interface ListenerEvidence {
  readonly listeners: readonly {
    readonly address: string;
    readonly port: number;
    readonly declared: boolean;
    /** Of a container: whether the port is bound on an address of the host; absent for a process of the host. */
    readonly published?: boolean;
  }[];
}

/** Said of a service that runs without a container: nothing about containers applies to it. */
export interface NotContained {
  readonly contained: false;
  readonly why: string;
}

/** How a container is confined. */
export interface Confinement {
  readonly contained: true;
  readonly privileged: boolean;
  /** What the kernel says of the first process; capabilities by their names without `CAP_` (capabilities(7)). */
  readonly process: Answer<{
    readonly uid: number;
    readonly noNewPrivileges: boolean;
    /** 0 off, 1 strict, 2 filter (proc_pid_status(5)). */
    readonly seccomp: number;
    readonly effective: readonly string[];
    /** What its processes could ever have. */
    readonly bounding: readonly string[];
    /** Whether the kernel mounted the root file system read-only. */
    readonly readOnlyRoot: boolean;
  }>;
  /** Limits of the engine; 0 for none. Bytes, cores, processes. */
  readonly limits: { readonly memory: number; readonly cpus: number; readonly pids: number };
  /** Namespaces that are the host's own. */
  readonly hostNamespaces: readonly ('pid' | 'ipc' | 'uts' | 'network' | 'user')[];
  /** Networks through which the engine lets it reach the outside: those that are not internal. */
  readonly outwardNetworks: readonly string[];
  readonly mounts: readonly {
    readonly type: string;
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
    readonly propagation: string;
  }[];
  readonly devices: readonly string[];
  readonly securityOptions: readonly string[];
}

/** Evidence about the container of a service. */
export type ContainerEvidence = NotContained | Confinement;

/** One connection that was tried, from inside the network of a service. */
export interface ReachTry {
  /** The network in which the target has the address, or `host` for a published port on a gateway of the caller. */
  readonly over: string;
  readonly address: string;
  readonly port: number;
  readonly outcome: 'open' | 'refused' | 'silent' | 'unreachable' | 'unknown';
}

/** What one service has of another. */
export interface ReachCell {
  readonly to: string;
  /**
   * declared: it calls the other and reaches it; answering: the other calls it, over a network that leads both ways;
   * public: neither calls the other, and it gets there over the host alone, on a port that a service without data publishes for
   * everybody; undeclared: neither calls the other, and it reaches it otherwise; apart: neither calls, and it does not; broken: it calls the other
   * and does not reach it; unknown: no try told.
   */
  readonly verdict: 'declared' | 'answering' | 'public' | 'undeclared' | 'apart' | 'broken' | 'unknown';
  readonly tries: readonly ReachTry[];
}

/** Evidence about what a service reaches. */
export type ReachabilityEvidence =
  | NotContained
  | { readonly contained: true; readonly addresses: readonly string[]; readonly cells: readonly ReachCell[] };

/** The name of one sort of evidence. */
export type EvidenceName = keyof EvidenceMap;

/** Collected evidence, narrowed to what a control declared. */
export interface Evidence<Needs extends EvidenceName> {
  /** Answers by service name; a service that was not probed has no entry. */
  readonly of: <Name extends Needs>(name: Name) => ReadonlyMap<string, Answer<EvidenceMap[Name]>>;
}
