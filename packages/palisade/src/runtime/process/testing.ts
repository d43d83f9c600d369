import { chmodSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProcessContext, ServiceKind } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';

const at = { file: 'compose.yaml', line: 1, column: 1 };

/** What a test says of a service; the rest is empty. */
export type ServiceSketch = Partial<Service> & {
  readonly variables?: Readonly<Record<string, string>>;
  readonly after?: readonly string[];
};

/** A stack with these services, for tests. */
export const sketchStack = (
  directory: string,
  services: Readonly<Record<string, ServiceSketch>>,
  rest: Partial<Stack> = {},
): Stack => ({
  name: 'sketch',
  directory,
  composeFiles: ['compose.yaml'],
  services: new Map(
    Object.entries(services).map(([name, { variables = {}, after = [], ...given }]) => [
      name,
      {
        name,
        at,
        kind: 'fake',
        kindReason: 'test',
        profiles: [],
        active: true,
        environment: new Map(Object.entries(variables).map(([key, value]) => [key, { value, at }])),
        labels: new Map(),
        ports: [],
        expose: [],
        mounts: [],
        tmpfs: [],
        networks: [],
        dependsOn: new Map(after.map((other) => [other, { value: 'service_healthy', at }])),
        links: [],
        secrets: [],
        configs: [],
        limits: {},
        capAdd: [],
        capDrop: [],
        securityOpt: [],
        devices: [],
        ulimits: new Map(),
        keys: new Map(),
        ...given,
      },
    ]),
  ),
  networks: new Map(),
  volumes: new Map(),
  secrets: new Map(),
  configs: new Map(),
  edges: [],
  files: new Map(),
  sources: new Map(),
  diagnostics: [],
  configuration: {
    services: new Map(),
    suppressions: [],
    threshold: 'low',
    recipients: [],
    unseal: { shares: 5, threshold: 3 },
  },
  ...rest,
});

/** A server that pretends to be a service. Its environment says how it behaves; it answers with what it sees. */
const SERVER = `
const { createServer } = require('node:http');
const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { env } = process;
const startedAt = Date.now();
let readyAt = startedAt;
let reloads = 0;
console.log('I am a fake, on port ' + env.FAKE_PORT);
if (env.FAKE_FAIL) { console.error('fatal: ' + env.FAKE_FAIL); process.exit(3); }
process.on('SIGHUP', () => { reloads += 1; });
if (env.FAKE_STUBBORN) process.on('SIGTERM', () => console.log('no, I stay'));
if (env.FAKE_CHILD) spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
if (env.FAKE_UNDECLARED) createServer().listen(0, '127.0.0.1');
if (env.FAKE_SPEAK) console.log('x'.repeat(Number(env.FAKE_SPEAK)));
setTimeout(() => {
  readyAt = Date.now();
  createServer((request, response) => {
    const see = (file) => { try { return readFileSync(file, 'utf8'); } catch (error) { return error.code; } };
    response.end(JSON.stringify({
      environment: env, startedAt, readyAt, reloads, pid: process.pid, directory: process.cwd(),
      uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(),
      file: env.FAKE_FILE ? see(env.FAKE_FILE) : undefined,
    }));
  }).listen(Number(env.FAKE_PORT), '127.0.0.1');
}, Number(env.FAKE_DELAY || 0));
`;

/** A preparation that takes a moment, and writes down what it is given. */
const PREPARATION = `
const text = require('node:fs').readFileSync(0, 'utf8');
if (text === 'fail') { console.error('no room'); process.exit(4); }
setTimeout(() => require('node:fs').appendFileSync('prepared', text), 200);
`;

/** What the fake server says about itself. */
export interface FakeAnswer {
  readonly environment: Readonly<Record<string, string>>;
  readonly startedAt: number;
  readonly readyAt: number;
  readonly reloads: number;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly directory: string;
  readonly file?: string;
}

/** Asks a fake server. */
export const askFake = (port: number, signal?: AbortSignal): Promise<FakeAnswer> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent: false, timeout: 2000, ...(signal && { signal }) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    }).on('error', reject);
  });

/** The directory of this Node.js; the fake kind looks for it as a program, because its accounts may not get there. */
export const nodeDirectory = dirname(process.execPath);

const nodeFor = (program: ProcessContext['program']): string => program('node') ?? process.execPath;

/** A kind whose server is the fake one; it listens on container port 8080 and says that it is a fake. */
export const fakeKind = (script: string, rest: Partial<ServiceKind> = {}): ServiceKind => ({
  id: 'fake',
  title: 'A fake',
  matches: () => 0,
  ports: { http: 8080 },
  storesData: false,
  capabilities: [],
  writablePaths: [],
  process: {
    ports: () => [8080],
    plan: async ({ layout, service, environment, program }) => {
      const node = environment['FAKE_PROGRAM'] === undefined ? nodeFor(program) : program(environment['FAKE_PROGRAM']);
      if (node === undefined) throw new Error('no program');
      const port = layout.port(service.name, 8080);
      return {
        prepare:
          environment['FAKE_PREPARE'] === undefined
            ? []
            : [
                {
                  program: nodeFor(program),
                  args: ['-e', PREPARATION],
                  environment: {},
                  input: environment['FAKE_PREPARE'],
                  unless: join(layout.stateDirectory, 'prepared'),
                },
              ],
        run: {
          program: node,
          args: [script],
          environment: {
            ...environment,
            FAKE_PORT: String(port),
          },
        },
        ready: async (signal) => {
          await askFake(port, signal);
        },
        reloadSignal: 'SIGHUP',
      };
    },
    client: ({ program }, command) => ({
      program: nodeFor(program),
      args: ['-e', command.join(' ')],
      environment: { ADMINISTRATOR: 'yes' },
    }),
  },
  ...rest,
});

/** A directory for one test, which other accounts may enter, with the fake server in it; removed by `dispose`. */
export const temporaryProject = (): {
  readonly directory: string;
  readonly state: string;
  readonly script: string;
  readonly dispose: () => Promise<void>;
} => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'palisade-process-')));
  chmodSync(directory, 0o755);
  const script = join(directory, 'fake-server.cjs');
  writeFileSync(script, SERVER);
  chmodSync(script, 0o644);
  return {
    directory,
    script,
    state: join(directory, '.palisade', 'process'),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
};
