import { z } from 'zod';
import { type CallOptions, type Engine, readAnswer, succeed } from './engine.ts';

/** A port of a container that is bound on the host. */
export interface PublishedPort {
  readonly containerPort: number;
  /** `0.0.0.0` or `::` for every interface. */
  readonly hostAddress: string;
  readonly hostPort: number;
}

/** A container's place in one network. Addresses are absent while it does not run. */
export interface Attachment {
  /** The name that the Compose file gives the network; the engine's name for a network from elsewhere. */
  readonly network: string;
  /** The engine's name. */
  readonly engineName: string;
  readonly address?: string;
  readonly address6?: string;
}

/** A mount of a container, as the engine made it. */
export interface ContainerMount {
  readonly type: string;
  /** Name of a volume, or path on the host. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: string;
}

/** A container of the project, as the engine describes it. Source: Docker Engine API, `GET /containers/{id}/json`. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  /** Directory of the project that it was made from. */
  readonly workingDirectory: string;
  readonly status: string;
  readonly exitCode: number;
  readonly restarts: number;
  readonly processId: number;
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
  /** The command of the health check, as `docker exec` takes it. */
  readonly healthCommand?: readonly string[];
  /** The user that it starts as; empty for root. */
  readonly user: string;
  readonly image: string;
  readonly published: readonly PublishedPort[];
  readonly exposed: readonly number[];
  readonly attachments: readonly Attachment[];
  readonly mounts: readonly ContainerMount[];
  readonly host: HostSettings;
}

const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

const hostSettings = z.object({
  Privileged: flag,
  ReadonlyRootfs: flag,
  SecurityOpt: list,
  CapAdd: list,
  CapDrop: list,
  Memory: number,
  NanoCpus: number,
  CpuQuota: number,
  PidsLimit: number,
  PidMode: text,
  IpcMode: text,
  UTSMode: text,
  NetworkMode: text,
  UsernsMode: text,
  Devices: z
    .array(z.object({ PathOnHost: z.string() }))
    .nullish()
    .transform((value) => value ?? []),
});

/** How the engine confines a container. Source: Docker Engine API, `HostConfig`. */
export type HostSettings = z.output<typeof hostSettings>;

const binding = z.object({ HostIp: text, HostPort: text });

const shape = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: number,
  State: z.object({
    Status: z.string(),
    ExitCode: number,
    Pid: number,
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    User: text,
    Image: text,
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Healthcheck: z.object({ Test: list }).nullish(),
  }),
  HostConfig: hostSettings,
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(binding).nullish()).nullish(),
    Networks: z.record(z.string(), z.object({ IPAddress: text, GlobalIPv6Address: text })).nullish(),
  }),
  Mounts: z
    .array(
      z.object({
        Type: z.string(),
        Name: z.string().nullish(),
        Source: text,
        Destination: z.string(),
        RW: flag,
        Propagation: text,
      }),
    )
    .nullish(),
});

const label = (name: string): string => `com.docker.compose.${name}`;

const tcpPort = (key: string): number | undefined => {
  const found = /^(\d+)\/tcp$/.exec(key)?.[1];
  return found === undefined ? undefined : Number(found);
};

const commandOf = (test: readonly string[]): readonly string[] | undefined => {
  const [how, ...rest] = test;
  if (how === 'CMD') return rest;
  return how === 'CMD-SHELL' ? ['/bin/sh', '-c', rest.join(' ')] : undefined;
};

const isHealth = (value: string | undefined): value is NonNullable<Container['health']> =>
  value === 'starting' || value === 'healthy' || value === 'unhealthy';

const containerOf = (raw: z.output<typeof shape>, project: string): Container => {
  const { State, Config, NetworkSettings } = raw;
  const labels = Config.Labels ?? {};
  const healthCommand = commandOf(Config.Healthcheck?.Test ?? []);
  const health = State.Health?.Status;
  return {
    id: raw.Id,
    name: raw.Name.replace(/^\//, ''),
    service: labels[label('service')] ?? '',
    workingDirectory: labels[label('project.working_dir')] ?? '',
    status: State.Status,
    exitCode: State.ExitCode,
    restarts: raw.RestartCount,
    processId: State.Pid,
    ...(isHealth(health) ? { health } : {}),
    ...(healthCommand === undefined ? {} : { healthCommand }),
    user: Config.User,
    image: Config.Image,
    exposed: Object.keys(Config.ExposedPorts ?? {}).flatMap((key) => tcpPort(key) ?? []),
    published: Object.entries(NetworkSettings.Ports ?? {}).flatMap(([key, bindings]) => {
      const containerPort = tcpPort(key);
      return containerPort === undefined
        ? []
        : (bindings ?? []).map(({ HostIp, HostPort }) => ({
            containerPort,
            hostAddress: HostIp === '' ? '0.0.0.0' : HostIp,
            hostPort: Number(HostPort),
          }));
    }),
    attachments: Object.entries(NetworkSettings.Networks ?? {}).map(([engineName, found]) => ({
      network: engineName.startsWith(`${project}_`) ? engineName.slice(project.length + 1) : engineName,
      engineName,
      ...(found.IPAddress === '' ? {} : { address: found.IPAddress }),
      ...(found.GlobalIPv6Address === '' ? {} : { address6: found.GlobalIPv6Address }),
    })),
    mounts: (raw.Mounts ?? []).map((mount) => ({
      type: mount.Type,
      source: mount.Name ?? mount.Source,
      target: mount.Destination,
      readOnly: !mount.RW,
      propagation: mount.Propagation,
    })),
    host: raw.HostConfig,
  };
};

/** Arguments that list the containers of a project, those that have ended too, but none that `compose run` made. */
export const listArguments = (project: string): readonly string[] => [
  'ps',
  '--all',
  '--no-trunc',
  '--quiet',
  '--filter',
  `label=${label('project')}=${project}`,
  '--filter',
  `label=${label('oneoff')}=False`,
];

/** Ids that `docker ps --quiet` printed. */
export const idsIn = (output: string): readonly string[] =>
  output.split(/\s+/).filter((id) => /^[0-9a-f]{12,64}$/.test(id));

/** The containers that `docker inspect` printed, by service; of several of one service the first. Throws `compose/answer-unreadable`. */
export const readContainers = (output: string, project: string): ReadonlyMap<string, Container> => {
  const found = readAnswer('docker inspect', output, (value) => z.array(shape).parse(value)).map((raw) =>
    containerOf(raw, project),
  );
  return new Map(
    found
      .filter(({ service }) => service !== '')
      .toSorted((a, b) => b.name.localeCompare(a.name))
      .map((container) => [container.service, container]),
  );
};

/** Asks the engine for the containers of a project, by service. */
export const containersOf = async (
  engine: Engine,
  project: string,
  options: CallOptions,
): Promise<ReadonlyMap<string, Container>> => {
  const ids = idsIn(await succeed('docker ps', engine.docker(listArguments(project), options)));
  if (ids.length === 0) return new Map();
  const outcome = await engine.docker(['inspect', '--type', 'container', ...ids], {
    limit: 32 * 1024 * 1024,
    ...options,
  });
  // A container that ended between the two questions is left out; the others are printed all the same.
  return readContainers(outcome.stdout === '' ? '[]' : outcome.stdout, project);
};
