import type { Configuration } from './configuration.ts';
import type { Interpolation, Located, Location } from './location.ts';

/** The identifier of a service kind (`postgres`), or `unknown` where no kind claims the service. */
export type ServiceKindId = string;

/** A published or exposed port after interpolation. Source: Compose specification, `services.ports`. */
export interface Port {
  readonly at: Location;
  /** The port inside the container. */
  readonly target: number;
  /** The last port of a range; equal to `target` where the entry is no range. */
  readonly targetEnd: number;
  /** The port on the host; absent where the engine chooses one. */
  readonly published?: number;
  readonly publishedEnd?: number;
  /** The host address; the empty string where none is written or it renders empty, which means every interface. */
  readonly hostAddress: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly syntax: 'short' | 'long';
  /** The entry as written; for long syntax, the text of its `published` key. */
  readonly raw: string;
  readonly interpolations: readonly Interpolation[];
}

/** A mount of the container. Source: Compose specification, `services.volumes`. */
export interface Mount {
  readonly at: Location;
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'npipe' | 'cluster' | 'image';
  /** For a bind, the host path, absolute, with `~` and variables resolved; for a volume its name; absent for an anonymous one. */
  readonly source?: string;
  /** The path inside the container. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation?: string;
  readonly syntax: 'short' | 'long';
}

/** An image reference in its parts. `postgres:16.6-alpine@sha256:…` → repository `postgres`, tag, digest. */
export interface ImageReference {
  readonly text: string;
  readonly registry?: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** How the image is built. */
export interface Build {
  /** Absolute path, or a URL. */
  readonly context: string;
  readonly dockerfile: string;
  readonly arguments: ReadonlyMap<string, Located<string | null>>;
}

/** One network that a service joins. */
export interface NetworkAttachment {
  readonly at: Location;
  readonly network: string;
  readonly aliases: readonly string[];
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
}

/** A secret or config given to a service. */
export interface FileGrant {
  readonly at: Location;
  /** Name of the top-level entry. */
  readonly source: string;
  /** Path inside the container; for secrets `/run/secrets/<source>` where nothing else is written. */
  readonly target: string;
  readonly mode?: number;
  readonly uid?: string;
  readonly gid?: string;
}

/** A health check; `disabled` is true for `disable: true` and `test: NONE`. */
export interface Healthcheck {
  readonly disabled: boolean;
  readonly test: readonly string[];
}

/** Resource limits, from `mem_limit` and relatives or from `deploy.resources.limits`. */
export interface ResourceLimits {
  /** Bytes. */
  readonly memory?: Located<number>;
  /** Cores. */
  readonly cpus?: Located<number>;
  /** Processes. */
  readonly pids?: Located<number>;
}

/** One service of the resolved project: after extends, merges, interpolation and override files. */
export interface Service {
  readonly name: string;
  /** The position of the service's key. */
  readonly at: Location;
  readonly kind: ServiceKindId;
  /** What told the kind: `image postgres:16`, or `palisade.yaml`. */
  readonly kindReason: string;
  readonly profiles: readonly string[];
  /** False where the service has profiles and none of them is active. */
  readonly active: boolean;
  readonly image?: Located<ImageReference>;
  readonly build?: Located<Build>;
  readonly containerName?: Located<string>;
  readonly command?: Located<readonly string[]>;
  readonly entrypoint?: Located<readonly string[]>;
  readonly environment: ReadonlyMap<string, Located<string | null>>;
  readonly labels: ReadonlyMap<string, Located<string>>;
  readonly ports: readonly Port[];
  readonly expose: readonly Located<string>[];
  readonly mounts: readonly Mount[];
  readonly tmpfs: readonly Located<string>[];
  readonly networks: readonly NetworkAttachment[];
  readonly networkMode?: Located<string>;
  readonly dependsOn: ReadonlyMap<string, Located<string>>;
  readonly links: readonly Located<string>[];
  readonly secrets: readonly FileGrant[];
  readonly configs: readonly FileGrant[];
  readonly healthcheck?: Located<Healthcheck>;
  readonly restart?: Located<string>;
  readonly limits: ResourceLimits;
  readonly privileged?: Located<boolean>;
  readonly readOnly?: Located<boolean>;
  readonly user?: Located<string>;
  readonly capAdd: readonly Located<string>[];
  readonly capDrop: readonly Located<string>[];
  readonly securityOpt: readonly Located<string>[];
  readonly pid?: Located<string>;
  readonly ipc?: Located<string>;
  readonly uts?: Located<string>;
  readonly usernsMode?: Located<string>;
  readonly cgroupParent?: Located<string>;
  readonly devices: readonly Located<string>[];
  readonly ulimits: ReadonlyMap<string, Located<{ readonly soft: number; readonly hard: number }>>;
  readonly logging?: Located<{ readonly driver?: string; readonly options: ReadonlyMap<string, string> }>;
  /** Every key written for the service, with the position of its value, for what has no field of its own. */
  readonly keys: ReadonlyMap<string, Location>;
}

/** A top-level network. */
export interface Network {
  readonly name: string;
  readonly at: Location;
  readonly internal: boolean;
  readonly external: boolean;
  readonly driver?: string;
  /** Name of the bridge on the host, where the project gives it one; the engine makes one up for each start otherwise. */
  readonly bridgeName?: string;
  readonly enableIpv6: boolean;
  /** True where the project turns IPv4 off, which engines can since Docker 28. */
  readonly withoutIpv4?: true;
  /** True for the network `default` that Compose adds by itself. */
  readonly implicit: boolean;
}

/** A top-level volume. */
export interface Volume {
  readonly name: string;
  readonly at: Location;
  readonly external: boolean;
}

/** A top-level secret or config. */
export interface FileSource {
  readonly name: string;
  readonly at: Location;
  /** Absolute path. */
  readonly file?: string;
  readonly environment?: string;
  readonly external: boolean;
}

/** One service calls another. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** The port of the callee, where the caller's text names one. */
  readonly port?: number;
  /** What showed it: `depends_on` or the environment variable's name, with its place. */
  readonly reasons: readonly { readonly text: string; readonly at: Location }[];
}

/** A file of the project that a service mounts or uses: configuration, script, Dockerfile. Never holds key material or secrets' text. */
export interface ProjectFile {
  /** Relative to the project directory, or absolute outside of it. */
  readonly path: string;
  /** Permission bits, for example 0o644. */
  readonly mode: number;
  readonly size: number;
  /** The text; absent where the file is binary, larger than 1 MiB, or a private key or secret. */
  readonly text?: string;
  readonly sensitivity: 'plain' | 'private-key' | 'certificate' | 'secret';
  /** True where git tracks the file; absent where that is not known. */
  readonly tracked?: boolean;
}

/** Something that the parser noticed; `error` means that a file or key could not be used. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable code, for example `model/merge-key-duplicate`. */
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly at: Location;
}

/** What controls may know of a service kind; a part of `ServiceKind`. */
export interface KindTraits {
  /** Linux capabilities that the kind's official image needs besides none. */
  readonly capabilities: readonly string[];
  /** User and group id of the official image's service account. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** The same where it depends on the service's image; comes before `account`. Undefined for an image that is not known. */
  readonly accountOf?: (service: Service) => { readonly uid: number; readonly gid: number } | undefined;
  /** Paths that have to be writable beside the service's volumes. */
  readonly writablePaths: readonly string[];
  /** True for what stores data. */
  readonly storesData: boolean;
}

/** One Compose project, resolved and immutable. */
export interface Stack {
  readonly name: string;
  /** Absolute path of the project directory. */
  readonly directory: string;
  /** The Compose files in the order in which they were merged, included ones too; relative paths. */
  readonly composeFiles: readonly string[];
  readonly services: ReadonlyMap<string, Service>;
  readonly networks: ReadonlyMap<string, Network>;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly secrets: ReadonlyMap<string, FileSource>;
  readonly configs: ReadonlyMap<string, FileSource>;
  readonly edges: readonly Edge[];
  /** Files by project-relative path. */
  readonly files: ReadonlyMap<string, ProjectFile>;
  /** Text of each Compose file by its relative path. */
  readonly sources: ReadonlyMap<string, string>;
  readonly diagnostics: readonly Diagnostic[];
  readonly configuration: Configuration;
  /** What is known of each kind, by its id; a kind without an entry is unknown, and nothing is assumed of it. */
  readonly traits?: ReadonlyMap<ServiceKindId, KindTraits>;
  /** Milliseconds since the epoch at which the project was read; what depends on time is unknown without it. */
  readonly readAt?: number;
}
