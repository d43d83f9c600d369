import type { Secret } from '@palisade/vault/secret';
import type { CertificateIssue, ComposeEdit, FileWrite, SecretReference, SqlStatement } from './change.ts';
import type { EvidenceMap, EvidenceName } from './evidence.ts';
import type { Service, Stack } from './stack.ts';
import type { Endpoint, ExecResult } from './runtime.ts';

/** What the model knows of a service before its kind is known. */
export interface KindHints {
  readonly name: string;
  /** Image repository without registry, tag and digest: `hashicorp/vault`. */
  readonly image?: string;
  /** Last part of the build context: `pgbouncer`. */
  readonly build?: string;
  /** The program, where command or entrypoint name one. */
  readonly program?: string;
  /** Container ports, published or exposed. */
  readonly ports: readonly number[];
}

/** A secret whose value leaves through `reveal` alone; `Secret` is one. */
export interface Revealable {
  readonly reveal: () => string;
}

/** A user name and a password that once worked on a service. */
export interface FormerLogin {
  readonly service: string;
  readonly username: string;
  readonly password: Revealable;
}

/** What opens a service in one posture, and has to be dead in the next. */
export interface WrittenCredentials {
  readonly tokens?: readonly Revealable[];
  readonly logins?: readonly Omit<FormerLogin, 'service'>[];
}

/** What a probe may use. */
export interface ProbeTarget {
  readonly stack: Stack;
  readonly service: Service;
  /** Where a container port answers from here; undefined where it is not reachable. */
  readonly endpoint: (containerPort: number) => Endpoint | undefined;
  /** PEM of the certificate authorities that the stack trusts; undefined before there is one. */
  readonly authorities?: string;
  /** Runs a client program beside the service with its local administrator's identity; undefined where the runtime cannot. */
  readonly exec?: (command: readonly string[], input: string, signal: AbortSignal) => Promise<ExecResult>;
  /** Directory with `cert.pem` and `key.pem` of a client identity known to the stack's PKI. */
  readonly clientIdentity?: string;
  /** Credentials of an earlier posture that have to be dead by now; a probe tries each once and never prints one. */
  readonly formerCredentials?: { readonly tokens: readonly Revealable[]; readonly logins: readonly FormerLogin[] };
  /** A token that may read the configuration of Vault, for kinds that need one. */
  readonly vaultToken?: () => Promise<string | undefined>;
}

/** Collects one sort of evidence about one service. Bounded, cancellable, never destructive. */
export interface Probe<Name extends EvidenceName = EvidenceName> {
  readonly evidence: Name;
  /** Throws where the service cannot be asked at all; the engine turns that into an unknown with the reason. */
  readonly collect: (target: ProbeTarget, signal: AbortSignal) => Promise<EvidenceMap[Name]>;
}

/** How container paths, names and ports of a stack map onto the process runtime. */
export interface Layout {
  /** The directory that holds the service's own state. */
  readonly stateDirectory: string;
  /** Host path of a path in the container: through bind mounts, secrets, volumes; below `stateDirectory` otherwise. */
  readonly path: (containerPath: string) => string;
  /** The loopback port that stands for a container port of a service. Always the same for one run of the stack. */
  readonly port: (service: string, containerPort: number) => number;
  /** Replaces container paths and `service:port` addresses in a text by what they are here. */
  readonly text: (content: string) => string;
}

/** One program to run. */
export interface ProcessCommand {
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly workingDirectory?: string;
}

/** A running service and the client of its administrator. */
export interface Administered {
  readonly stack: Stack;
  readonly service: Service;
  /** Runs a client program beside the service with its local administrator's identity, as `ProbeTarget.exec`. */
  readonly exec: (command: readonly string[], input: string, signal: AbortSignal) => Promise<ExecResult>;
}

/**
 * Has a running server read its certificates anew through its administrator's client, where no signal does. Resolves when
 * connections from now on get the new ones; throws an error of the kind where the server cannot.
 */
export type Reload = (target: Administered, signal: AbortSignal) => Promise<void>;

/** How the process runtime runs one service. */
export interface ProcessPlan {
  /** Programs to run to completion first, in order; each is skipped where `unless` exists. */
  readonly prepare: readonly (ProcessCommand & { readonly unless?: string; readonly input?: string })[];
  readonly run: ProcessCommand;
  /** Resolves where the service is ready to serve, rejects where it is not yet. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** The signal that asks it to stop, SIGTERM where absent. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT' | 'SIGQUIT';
  /** Rereads configuration and certificates: a signal, where the server has one. */
  readonly reloadSignal?: 'SIGHUP';
}

/** What a kind may use to say how it is run as a host process. */
export interface ProcessContext {
  readonly stack: Stack;
  readonly service: Service;
  readonly layout: Layout;
  /** Environment of the service with addresses and paths of the layout. */
  readonly environment: { readonly [name: string]: string };
  /** Absolute path of a program that the service's account can run; undefined where it is not installed. */
  readonly program: (name: string) => string | undefined;
  /**
   * Makes program files and directories readable for the service's account and resolves to where each path among and below
   * them is for it: where it is already, or, where directories above are closed to the account, in a mirror in which they
   * lie to each other as they do here. A symbolic link stays one, and leads somewhere where that was asked for as well.
   * Nothing of the originals changes. Hidden files, keys and files closed on purpose are left out: what is mounted into a
   * service reaches it as a mount.
   */
  readonly reachable: (paths: readonly string[]) => Promise<(path: string) => string>;
  /** The unprivileged account the service runs as. */
  readonly account: { readonly uid: number; readonly gid: number };
}

/** The capability to run as host processes. */
export interface ProcessCapability {
  /** Operating system user that has to be used where it exists (initdb insists on one with a name). */
  readonly account?: string;
  /** Container ports that the service listens on in this posture. */
  readonly ports: (service: Service, stack: Stack) => readonly number[];
  /** Why this very service cannot be run as a process, though its kind can; undefined where it can. */
  readonly leftOut?: (service: Service, stack: Stack) => string | undefined;
  readonly plan: (context: ProcessContext) => Promise<ProcessPlan>;
  /** What a reload is for a server without a `reloadSignal`. */
  readonly reload?: Reload;
  /** Program, arguments and environment that run a client with the local administrator's identity; for `ProbeTarget.exec`. */
  readonly client?: (context: ProcessContext, command: readonly string[]) => ProcessCommand;
  /** Carries out what such a client would, where a machine need not have one; comes before `client`. */
  readonly exec?: (
    context: ProcessContext,
    command: readonly string[],
    input: string,
    signal: AbortSignal,
  ) => Promise<ExecResult>;
}

/** A running container of a service, for what its kind does beside it. */
export interface ContainerTarget extends Administered {
  /** Where a container port of a service answers from this machine; undefined where it does not run. */
  readonly endpoint: (service: string, containerPort: number) => Endpoint | undefined;
  /** The addresses of a service in the networks that it shares with this one. */
  readonly sharedAddresses: (service: string) => readonly string[];
}

/** What a kind knows of its service in a container beside what the Compose file says. */
export interface ContainerCapability {
  /**
   * Rejects where the service is not ready yet. Where absent, the health check decides. A kind needs this where the health
   * check asks for more than a start can bring (a sealed Vault), or less.
   */
  readonly ready?: (target: ContainerTarget, signal: AbortSignal) => Promise<void>;
  /** Asks the first process of the container to reread certificates and configuration. */
  readonly reloadSignal?: 'SIGHUP';
  /** What a reload is for a server without a `reloadSignal`. */
  readonly reload?: Reload;
  /** The command that runs a client with the local administrator's identity, and variables for it, none of them a secret. */
  readonly client?: (
    command: readonly string[],
    service: Service,
    stack: Stack,
  ) => { readonly command: readonly string[]; readonly environment?: { readonly [name: string]: string } };
}

/** A credential that Palisade keeps in Vault's KV v2 (mount `secret`) and hands to exact readers. */
export interface ManagedSecret {
  /** Path below the mount, for example `postgres/reference-api`. */
  readonly path: string;
  /** A field is a plain text, or generated once with that many random bytes (base64url, so safe in every quoting). */
  readonly fields: { readonly [name: string]: { readonly text: string } | { readonly generate: number } };
  /** Services whose policy may read exactly this path. */
  readonly readers: readonly string[];
}

/**
 * What a service does in Vault by itself, beside reading its credentials. Palisade gives it the right to exactly one path, and
 * neither makes nor reads what is secret there; nor may the operator.
 */
export type VaultRight =
  /** It keeps an entry of KV v2 (mount `secret`), which it makes, reads and replaces. */
  | {
      readonly kind: 'own-entry';
      readonly service: string;
      /** Path below the mount, for example `reference-api/signing-keys`. */
      readonly path: string;
    }
  /** It has things signed by an Ed25519 key of the transit engine (mount `transit`), which nobody can take out. */
  | {
      readonly kind: 'signing';
      readonly service: string;
      /** Name of the key, which the bootstrap makes. */
      readonly key: string;
    };

/** What carrying out a statement needs from outside. */
export interface StatementTools {
  readonly service: Service;
  /** Runs a client program beside the service with its local administrator's identity. */
  readonly exec: (command: readonly string[], input: string, signal: AbortSignal) => Promise<ExecResult>;
  /** Reads a secret; undefined where there is none. */
  readonly resolveSecret: (reference: SecretReference) => Promise<Secret | undefined>;
}

/** Everything about one kind of service. Optional members are capabilities: what is absent is not supported. */
export interface ServiceKind {
  readonly id: string;
  readonly title: string;
  /** How sure the kind is that a service is one of its own: 0 not, 1 by a weak hint (name, port), 2 by image or program. */
  readonly matches: (hints: KindHints) => 0 | 1 | 2;
  /** Ports that the server listens on by default, by protocol name. */
  readonly ports: { readonly [name: string]: number };
  /** True for what stores data: such services belong on internal networks. */
  readonly storesData: boolean;
  /** Linux capabilities that the official image needs besides none. */
  readonly capabilities: readonly string[];
  /** User and group id of the official image's service account. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** The same where it depends on the service's image; comes before `account`. Undefined for an image that is not known. */
  readonly accountOf?: (service: Service) => { readonly uid: number; readonly gid: number } | undefined;
  /** Paths that have to be writable beside its volumes; become tmpfs under a read-only root. */
  readonly writablePaths: readonly string[];
  readonly probes?: readonly Probe[];
  readonly process?: ProcessCapability;
  readonly container?: ContainerCapability;
  /**
   * The hardened posture in files: configuration, init script, Compose edits. Controls of the kind take their remedies
   * from here, so that equal changes fall together in the plan.
   */
  readonly harden?: (stack: Stack, service: Service) => readonly (FileWrite | ComposeEdit)[];
  /**
   * The tokens and logins that the project's files hold in the clear, or that the server has from its first start where they
   * say nothing. A later posture is tried with them.
   */
  readonly writtenCredentials?: (stack: Stack, service: Service) => WrittenCredentials;
  /** Credentials that the hardened posture needs in Vault. */
  readonly secrets?: (stack: Stack, service: Service) => readonly ManagedSecret[];
  /** What the service does in Vault beside reading those. */
  readonly vaultRights?: (stack: Stack, service: Service) => readonly VaultRight[];
  /** Certificates of the service: as a server, and as a client of others. */
  readonly certificates?: (stack: Stack, service: Service) => readonly CertificateIssue[];
  /** What has to hold inside the running database: roles, grants, limits, extensions. */
  readonly statements?: (stack: Stack, service: Service) => readonly SqlStatement[];
  /**
   * Carries out one of its statements where it is still needed. Neither a secret nor what is derived from it reaches an
   * argument list or a log.
   */
  readonly applyStatement?: (
    statement: SqlStatement,
    tools: StatementTools,
    signal: AbortSignal,
  ) => Promise<'applied' | 'unchanged'>;
}
