import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Service } from '../contracts/stack.ts';
import { plainEnvironment, run } from '../support/exec.ts';
import { loadStack } from './load.ts';
import { shortPort } from './ports.ts';
import { openProject } from './testing.ts';

/** What `docker compose config` or `docker-compose config` prints of a service, as far as it is compared. */
const shown = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      command: z.union([z.string(), z.array(z.string())]).nullish(),
      entrypoint: z.union([z.string(), z.array(z.string())]).nullish(),
      environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable()).default({}),
      ports: z
        .array(
          z.union([
            z.string(),
            z.object({
              target: z.number(),
              published: z.union([z.string(), z.number()]).optional(),
              host_ip: z.string().default(''),
              protocol: z.string().default('tcp'),
            }),
          ]),
        )
        .default([]),
      volumes: z
        .array(
          z.union([
            z.string(),
            z.object({ source: z.string().optional(), target: z.string(), read_only: z.boolean().default(false) }),
          ]),
        )
        .default([]),
      cap_add: z.array(z.string()).default([]),
      privileged: z.boolean().default(false),
      user: z.string().optional(),
      restart: z.string().optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
    }),
  ),
});
type Shown = z.infer<typeof shown>['services'][string];

const portKey = (address: string, published: number | undefined, target: number, protocol: string): string =>
  `${address.replace(/^0\.0\.0\.0$/, '')}|${published ?? ''}|${target}|${protocol}`;

const expand = (service: Pick<Service, 'ports'>): readonly string[] =>
  service.ports.flatMap(({ hostAddress, published, target, targetEnd, protocol }) =>
    Array.from({ length: targetEnd - target + 1 }, (_, index) =>
      portKey(hostAddress, published === undefined ? undefined : published + index, target + index, protocol),
    ),
  );

const theirPorts = ({ ports }: Shown): readonly string[] =>
  ports.flatMap((port) => {
    if (typeof port !== 'string')
      return [
        portKey(
          port.host_ip,
          port.published === undefined ? undefined : Number(port.published),
          port.target,
          port.protocol,
        ),
      ];
    const at = { file: '', line: 1, column: 1 };
    const read = shortPort({ type: 'scalar', at, value: port, text: port, raw: port, interpolations: [] });
    return read === undefined ? [`unreadable ${port}`] : expand({ ports: [read] });
  });

const theirMounts = ({ volumes }: Shown): readonly string[] =>
  volumes.map((volume) => {
    if (typeof volume !== 'string') return `${volume.source ?? ''}|${volume.target}|${volume.read_only}`;
    const parts = volume.split(':');
    const [source, target, mode = 'rw'] = parts.length === 1 ? ['', ...parts] : parts;
    return `${source}|${target}|${mode.split(',').includes('ro')}`;
  });

const words = (value: string | readonly string[] | null | undefined): readonly string[] | undefined =>
  value === null || value === undefined ? undefined : typeof value === 'string' ? value.split(' ') : value;

/** Compose writes a dollar sign doubled, so that its output can be read again. */
const single = (text: string): string => text.replaceAll('$$', '$');

const theirs = (service: Shown): unknown => ({
  image: service.image,
  command: words(service.command)?.map(single),
  entrypoint: words(service.entrypoint)?.map(single),
  environment: Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [name, value === null ? null : single(String(value))]),
  ),
  ports: theirPorts(service).toSorted(),
  mounts: theirMounts(service).toSorted(),
  capAdd: service.cap_add.toSorted(),
  privileged: service.privileged,
  user: service.user,
  restart: service.restart,
  dependsOn: Object.fromEntries(Object.entries(service.depends_on).map(([name, { condition }]) => [name, condition])),
});

const ours = (service: Service): unknown => ({
  image: service.image?.value.text,
  command: service.command?.value,
  entrypoint: service.entrypoint?.value,
  environment: Object.fromEntries([...service.environment].map(([name, { value }]) => [name, value])),
  ports: expand(service).toSorted(),
  mounts: service.mounts.map(({ source = '', target, readOnly }) => `${source}|${target}|${readOnly}`).toSorted(),
  capAdd: service.capAdd.map(({ value }) => value).toSorted(),
  privileged: service.privileged?.value ?? false,
  user: service.user?.value,
  restart: service.restart?.value,
  dependsOn: Object.fromEntries([...service.dependsOn].map(([name, { value }]) => [name, value])),
});

const timeout = 60_000;

/** The Compose of this machine, the newer one first. */
const findCompose = async (): Promise<readonly string[] | undefined> => {
  for (const command of [['docker', 'compose'], ['docker-compose']]) {
    const [program = '', ...args] = command;
    const found = await run(program, [...args, 'version'], { timeout }).catch(() => undefined);
    if (found?.exitCode === 0) return command;
  }
  return undefined;
};

const projects: readonly {
  readonly name: string;
  readonly files: { readonly [path: string]: string };
  readonly use: readonly string[];
}[] = [
  {
    name: 'anchors, merge keys and types',
    use: ['compose.yaml'],
    files: {
      'compose.yaml': `version: "3.8"
x-base: &base
  restart: always
  cap_add: [A, B]
  environment: &env
    NUMBER: 1
    OCTAL: 0440
    REAL: 1.10
    HEX: 0x1F
    TEXT: "on"
    EMPTY: ""
x-more: &more
  restart: "no"
  user: "1000"
services:
  a:
    <<: *base
    image: x
    environment:
      <<: *env
      OWN: b
    cap_add: [C]
  b:
    <<: [*more, *base]
    image: y
    command: ["a", "b c"]
`,
    },
  },
  {
    name: 'interpolation in all forms',
    use: ['compose.yaml'],
    files: {
      '.env': `FILE=from file\nQUOTED="a b"\nEMPTY=\nIMAGE=img:1\n`,
      'compose.yaml': `version: "3.8"
services:
  a:
    image: \${IMAGE}
    ports: ["\${BIND:-127.0.0.1:8080}:80", "\${EMPTY:-}9090:90", "7000-7002:7000-7002/udp", "50"]
    environment:
      - A=\${FILE}
      - B=\${UNSET:-d}
      - C=\${UNSET-d}
      - D=\${EMPTY:-d}
      - E=\${EMPTY-d}
      - F=$$FILE
      - G=$FILE.x
      - H=\${QUOTED}
      - FROMHOST
`,
    },
  },
  {
    name: 'two files, the second over the first',
    use: ['one.yaml', 'two.yaml'],
    files: {
      'one.yaml': `version: "3.8"
services:
  a:
    image: x
    command: one two
    entrypoint: [e]
    ports: ["1:1", "127.0.0.1:2:2"]
    volumes: ["./a:/a", "./b:/b:ro", "named:/n"]
    cap_add: [A]
    environment: {X: "1", Y: "2"}
    depends_on: [b]
  b: {image: y}
volumes: {named: {}}
`,
      'two.yaml': `version: "3.8"
services:
  a:
    image: z
    command: three
    ports: ["1:1", "127.0.0.1:1:1"]
    volumes: ["./c:/a:ro"]
    cap_add: [B]
    environment: [Y=3, Z=4]
    privileged: true
`,
    },
  },
  {
    name: 'environment files below the environment',
    use: ['compose.yaml'],
    files: {
      'one.env': `# c\nA=1\nB='two words'\nC="three"\n`,
      'two.env': `A=2\n`,
      'compose.yaml': `version: "3.8"
services:
  a:
    image: x
    env_file: [one.env, two.env]
    environment: {C: own}
`,
    },
  },
  {
    name: 'extends from another file',
    use: ['compose.yaml'],
    files: {
      'base/base.yaml': `version: "3.8"
services:
  base:
    image: x
    volumes: ["./conf:/conf"]
    environment: {A: "1", B: "2"}
    cap_add: [A]
`,
      'compose.yaml': `version: "3.8"
services:
  a:
    extends: {file: base/base.yaml, service: base}
    environment: {B: "3"}
    user: "7"
`,
    },
  },
];

describe('the stack agrees with Compose itself', async () => {
  const compose = await findCompose();
  for (const { name, files, use } of projects)
    test(name, async (t) => {
      if (compose === undefined) {
        t.diagnostic('not compared: neither `docker compose` nor `docker-compose` is installed');
        return;
      }
      await using project = await openProject(files);
      const [program = '', ...args] = compose;
      const flags = use.flatMap((file) => ['-f', file]);
      const environment = { ...plainEnvironment(), FROMHOST: 'host value' };
      const options = { timeout, environment, workingDirectory: project.directory };
      const { exitCode, stdout, stderr } = await run(program, [...args, ...flags, 'config'], options);
      assert.equal(exitCode, 0, stderr);
      const expected = shown.parse(parse(stdout)).services;
      const stack = await loadStack({ directory: project.directory, files: use, environment, kinds: [] });
      assert.deepEqual(
        stack.diagnostics.filter(({ severity }) => severity === 'error'),
        [],
      );
      assert.deepEqual([...stack.services.keys()].toSorted(), Object.keys(expected).toSorted());
      for (const [service, answer] of Object.entries(expected)) {
        const own = stack.services.get(service);
        assert.ok(own);
        // Compose resolves a bare name from its own environment, the model leaves that to who starts the stack.
        const found = ours({
          ...own,
          environment: new Map([...own.environment].filter(([key]) => key !== 'FROMHOST')),
        });
        const { FROMHOST: _, ...rest } = answer.environment;
        assert.deepEqual(found, theirs({ ...answer, environment: rest }));
      }
    });
});
