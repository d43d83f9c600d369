import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Evidence } from '../../../contracts/evidence.ts';
import type { ProcessContext } from '../../../contracts/service-kind.ts';
import { applyComposeEdits, loadStack } from '../../../model/index.ts';
import { run } from '../../../support/exec.ts';
import { retry } from '../../../support/retry.ts';
import { freePort } from '../../../testing/host-process.ts';
import { control as httpsRedirect } from '../controls/https-redirect.ts';
import { control as rateLimits } from '../controls/rate-limits.ts';
import { control as requestBounds } from '../controls/request-bounds.ts';
import { control as securityHeaders } from '../controls/security-headers.ts';
import { control as serverTokens } from '../controls/server-tokens.ts';
import { control as strictTransport } from '../controls/strict-transport.ts';
import { control as tlsVersions } from '../controls/tls-versions.ts';
import { control as unknownHosts } from '../controls/unknown-hosts.ts';
import { kind } from '../index.ts';
import { probe } from '../probe/collect.ts';

const liveControls = [
  httpsRedirect,
  rateLimits,
  requestBounds,
  securityHeaders,
  serverTokens,
  strictTransport,
  tlsVersions,
  unknownHosts,
];

/** A project of nginx with its configuration beside it, and of an application of this name behind it. */
export const gatewayProject = (application: string): string => `
services:
  nginx:
    image: nginx:1.30
    ports: ["80:80"]
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
    depends_on: [${application}]
  ${application}:
    build: ./api
    environment:
      REFERENCE_API_POSTURE: hardened
`;

/** Names and directory of one test certificate. */
interface Wish {
  readonly directory: string;
  readonly name: string;
  readonly names: readonly string[];
}

/** A throwaway authority that puts `cert.pem`, `key.pem` and `ca.pem` into directories. */
export interface Authority {
  readonly file: string;
  readonly issue: (wish: Wish) => Promise<void>;
}

const openssl = async (args: readonly string[], input?: string): Promise<void> => {
  const outcome = await run('openssl', args, { timeout: 10_000, ...(input === undefined ? {} : { input }) });
  assert.equal(outcome.exitCode, 0, outcome.stderr);
};

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' ');

/** Makes an authority in a directory. */
export const createAuthority = async (directory: string): Promise<Authority> => {
  await mkdir(directory, { recursive: true });
  const [file, key] = [join(directory, 'ca.pem'), join(directory, 'ca-key.pem')];
  await openssl(['req', '-x509', ...newKey, '-subj', '/CN=authority', '-days', '2', '-keyout', key, '-out', file]);
  return {
    file,
    issue: async ({ directory: target, name, names }) => {
      await mkdir(target, { recursive: true });
      const [request, extensions] = [join(directory, 'request'), join(directory, 'extensions')];
      await openssl(['req', ...newKey, '-subj', `/CN=${name}`, '-keyout', join(target, 'key.pem'), '-out', request]);
      await writeFile(
        extensions,
        names.length === 0 ? '' : `subjectAltName=${names.map((each) => `DNS:${each}`).join(',')}\n`,
      );
      const signed = ['x509', '-req', '-in', request, '-CA', file, '-CAkey', key, '-days', '1', '-extfile', extensions];
      await openssl([...signed, '-out', join(target, 'cert.pem')]);
      await writeFile(join(target, 'ca.pem'), await readFile(file));
    },
  };
};

/** A running nginx of a small project. */
export interface Gateway extends AsyncDisposable {
  readonly directory: string;
  /** Loopback port of a container port. */
  readonly port: (container: number) => number;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** What each live control answers to the probe's evidence, by its id. */
  readonly judge: () => Promise<readonly { readonly control: string; readonly outcome: string }[]>;
}

/** What the project is made of. */
export interface GatewayOptions {
  readonly directory: string;
  readonly compose: string;
  readonly configuration: string;
  /** Loopback port that stands for `api` or `reference-api`, whatever port of it is named. */
  readonly upstream: number;
  /** Hardens the project before it starts, with certificates of the authority. */
  readonly authority?: Authority;
}

const account =
  process.getuid?.() === 0
    ? { uid: 65_534, gid: 65_534 }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

const give = async (paths: readonly string[]): Promise<void> => {
  if (process.getuid?.() !== 0) return;
  for (const path of paths) await chown(path, account.uid, account.gid);
};

const load = async (directory: string) => {
  const stack = await loadStack({ directory, environment: {}, kinds: [kind] });
  const service = stack.services.get('nginx');
  assert.ok(service);
  return { stack, service };
};

/** Makes the project, hardens it where an authority is given, and starts nginx by the kind's own plan. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const { directory, authority, upstream } = options;
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'compose.yaml'), options.compose);
  await writeFile(join(directory, 'nginx.conf'), options.configuration);
  if (authority !== undefined) {
    const { stack, service } = await load(directory);
    const changes = kind.harden?.(stack, service) ?? [];
    const edits = changes.filter((change) => change.kind === 'compose-edit');
    await writeFile(join(directory, 'compose.yaml'), applyComposeEdits(options.compose, edits));
    for (const change of changes)
      if (change.kind === 'file-write') {
        await mkdir(dirname(join(directory, change.path)), { recursive: true });
        await writeFile(join(directory, change.path), change.content);
      }
    for (const wish of kind.certificates?.(stack, service) ?? []) {
      const target = join(directory, wish.directory);
      await authority.issue({ directory: target, name: wish.commonName, names: wish.alternativeNames });
      await give(['cert.pem', 'key.pem', 'ca.pem'].map((name) => join(target, name)));
    }
  }
  const { stack, service } = await load(directory);
  const state = join(directory, 'state');
  await mkdir(state, { mode: 0o700 });
  await give([state]);
  const ports = new Map<number, number>();
  assert.ok(kind.process);
  for (const port of kind.process.ports(service, stack)) ports.set(port, await freePort());
  const port = (container: number): number =>
    ports.get(container) ?? assert.fail(`port ${container} is not listened on`);
  const mounts = service.mounts.map(({ target, source = '' }) => [target, source] as const);
  const context: ProcessContext = {
    stack,
    service,
    environment: {},
    layout: {
      stateDirectory: state,
      path: (path) => path,
      port: (_service, container) => port(container),
      text: (text) =>
        mounts
          .reduce((now, [target, host]) => now.replaceAll(`${target}/`, `${host}/`), text)
          .replaceAll(/(?<![\w-])(?:reference-)?api:\d+/g, `localhost:${upstream}`),
    },
    program: (name) => `/usr/sbin/${name}`,
    reachable: () => Promise.resolve((path) => path),
    account,
  };
  const plan = await kind.process.plan(context);
  let output = '';
  const child = spawn(plan.run.program, plan.run.args, {
    env: { ...plan.run.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(process.getuid?.() === 0 ? account : {}),
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      const gone = new Promise((resolve) => void child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await retry(plan.ready, { within: 5_000 });
  } catch (thrown) {
    await stop();
    throw new Error(output, { cause: thrown });
  }
  return {
    directory,
    port,
    child,
    output: () => output,
    judge: async () => {
      const target = {
        stack,
        service,
        endpoint: (container: number) => ({ host: '127.0.0.1', port: port(container) }),
      };
      const value = await probe.collect(target, AbortSignal.timeout(30_000));
      const answers = new Map([['nginx', { known: true, value } as const]]);
      const evidence: Evidence<'nginx'> = { of: () => answers };
      return liveControls.flatMap(({ id, live }) =>
        [...(live?.assess(stack, evidence) ?? [])].map(({ outcome }) => ({ control: id, outcome })),
      );
    },
    [Symbol.asyncDispose]: stop,
  };
};

/** A directory that the server's account can enter. */
export const scratch = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-nginx-'));
  await chmod(directory, 0o755);
  return directory;
};

/** Listens on a free loopback port and resolves to it. */
export const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      resolve(address.port);
    });
  });
