import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Authority, createAuthority } from './certificates.ts';
import { type Child, freePort, startChild, until } from './children.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { type VaultServer, startVault } from './vault.ts';

/** All that the reference API needs around it, real and on loopback. */
export interface Playground {
  readonly directory: string;
  readonly authority: Authority;
  readonly postgres: PostgresServer;
  /** Starts the service and waits until it listens. Overrides with the empty text unset a variable. */
  readonly startApi: (overrides?: Readonly<Record<string, string>>) => Promise<Api>;
  readonly close: () => Promise<void>;
}

/** A playground whose servers demand proof. */
export interface HardenedPlayground extends Playground {
  readonly vault: VaultServer;
  readonly serverCertificates: string;
  readonly clientCertificates: string;
}

/** The running service. */
export interface Api extends Child {
  readonly port: number;
  /** What it was started with. */
  readonly environment: Readonly<Record<string, string>>;
}

const entry = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Starts the service without waiting; it may refuse to. */
export const launchApi = (environment: Readonly<Record<string, string>>): Child =>
  startChild(process.execPath, ['--conditions=palisade-source', entry], { env: environment });

const startApi = async (
  environment: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string>>,
): Promise<Api> => {
  const port = await freePort();
  const whole = Object.fromEntries(
    Object.entries({
      HOST: '127.0.0.1',
      PORT: String(port),
      ...environment,
      // One process at a time writes an audit log.
      ...(environment['AUDIT_DIRECTORY'] === undefined
        ? {}
        : { AUDIT_DIRECTORY: join(environment['AUDIT_DIRECTORY'], String(port)) }),
      ...(environment['REFERENCE_API_POSTURE'] === 'hardened'
        ? { PUBLIC_ORIGIN: `https://localhost:${overrides['PORT'] ?? port}` }
        : {}),
      ...overrides,
    }).filter(([, value]) => value !== ''),
  );
  const child = launchApi(whole);
  const ended = (): boolean => child.process.exitCode !== null;
  await until(() => ended() || child.output().includes('listening on'), child.output);
  if (ended()) throw new Error(`the service did not start: ${child.output()}`);
  return { ...child, port, environment: whole };
};

/** Opens what both postures need; `opening` closes it, in reverse order, also where the rest cannot be opened. */
const open = async (
  opening: AsyncDisposableStack,
  trust: boolean,
): Promise<{ readonly directory: string; readonly authority: Authority; readonly postgres: PostgresServer }> => {
  const directory = opening.adopt(await mkdtemp(join(tmpdir(), 'reference-api-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  // PostgreSQL runs as another account than a test that is run by root.
  await chmod(directory, 0o755);
  const authority = await createAuthority(join(directory, 'authority'), 'Test authority');
  const postgres = opening.adopt(await startPostgres(join(directory, 'postgres'), { authority, trust }), ({ stop }) =>
    stop(),
  );
  return { directory, authority, postgres };
};

const apiStarter =
  (opening: AsyncDisposableStack, environment: Readonly<Record<string, string>>): Playground['startApi'] =>
  async (overrides = {}) => {
    const api = await startApi(environment, overrides);
    opening.defer(async () => {
      await api.stop();
    });
    return api;
  };

/** The development posture: PostgreSQL trusts everybody. */
export const openDevelopment = async (): Promise<Playground> => {
  await using opening = new AsyncDisposableStack();
  const ground = await open(opening, true);
  const opened = opening.move();
  return {
    ...ground,
    startApi: apiStarter(opened, {
      REFERENCE_API_POSTURE: 'development',
      DATABASE_URL: `postgresql://devuser:devpassword@127.0.0.1:${ground.postgres.port}/devdb?sslmode=disable`,
    }),
    close: () => opened.disposeAsync(),
  };
};

/** The hardened posture: AppRole, client certificates, verified TLS everywhere. */
export const openHardened = async (): Promise<HardenedPlayground> => {
  await using opening = new AsyncDisposableStack();
  const ground = await open(opening, false);
  const vault = opening.adopt(await startVault(join(ground.directory, 'vault')), ({ stop }) => stop());
  const serverCertificates = join(ground.directory, 'certs');
  const clientCertificates = join(ground.directory, 'client-certs');
  await ground.authority.issue(serverCertificates, { name: 'reference-api' });
  await ground.authority.issue(clientCertificates, { name: 'reference-api' });
  const password = crypto.randomUUID();
  await ground.postgres.administer(
    `CREATE ROLE "reference-api" LOGIN PASSWORD '${password}'; GRANT SELECT, INSERT, DELETE ON users TO "reference-api";
     GRANT CREATE ON SCHEMA public TO "reference-api"`,
  );
  await vault.writeLogin({ username: 'reference-api', password, database: 'devdb', host: 'postgres', port: '5432' });
  const opened = opening.move();
  return {
    ...ground,
    vault,
    serverCertificates,
    clientCertificates,
    startApi: apiStarter(opened, {
      REFERENCE_API_POSTURE: 'hardened',
      AUDIT_DIRECTORY: join(ground.directory, 'audit'),
      TLS_DIRECTORY: serverCertificates,
      DATABASE_TLS_DIRECTORY: clientCertificates,
      DATABASE_ADDRESS: `localhost:${ground.postgres.port}`,
      VAULT_ADDR: vault.address,
      VAULT_CACERT: vault.authorities,
      VAULT_ROLE_ID_FILE: vault.roleIdFile,
      VAULT_SECRET_ID_FILE: vault.secretIdFile,
    }),
    close: () => opened.disposeAsync(),
  };
};

/** Starts the service once more, which is to refuse, and gives its exit code and what it said. */
export const refusalOf = async (
  ground: HardenedPlayground,
  api: Api,
  overrides: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> => {
  const port = String(await freePort());
  const own = { PORT: port, AUDIT_DIRECTORY: join(ground.directory, 'audit', port) };
  const child = launchApi({ ...api.environment, ...own, ...overrides });
  const timer = setTimeout(() => child.process.kill('SIGKILL'), 20_000);
  const code = await child.exited;
  clearTimeout(timer);
  return { code, output: child.output() };
};
