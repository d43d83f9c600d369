import { mkdtemp, readFile, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGuard } from '@palisade/fastify-guard';
import { Secret } from '@palisade/vault/secret';
import Fastify from 'fastify';
import { Pool } from 'pg';
import { createAuthority } from '../../testing/certificates.ts';
import { freePort } from '../../testing/children.ts';
import { startPostgres } from '../../testing/postgres.ts';
import { type AuthorizationServer, createAuthorizationServer } from '../authorization-server.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { Query } from '../query.ts';

/** A store in memory with check-and-set, as Vault has it. */
export const memoryKeyStore = (): KeyStore => {
  let entry: { keys: Secret; version: number } | undefined;
  return {
    read: async () => entry,
    write: async (keys, expected) => {
      if ((entry?.version ?? 0) !== expected) return false;
      entry = { keys, version: expected + 1 };
      return true;
    },
  };
};

/** An authorization server as those see it who come from outside. */
export interface Outside {
  readonly issuer: string;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  /** Of every account. */
  readonly password: Secret;
  /** Where requests go where that is not the port of the issuer, and the address of this host that each of them comes from. */
  readonly connection?: { readonly port: number; readonly from: () => string };
}

/** A guarded API over TLS with its authorization server, on a PostgreSQL of its own. */
export interface Ground extends Outside {
  readonly audience: string;
  readonly database: Query;
  readonly server: AuthorizationServer;
  /** Actions in the audit log. */
  readonly audited: readonly string[];
  /** What the server logged as failed. */
  readonly failures: readonly object[];
  readonly close: () => Promise<void>;
}

export const redirectUri = 'https://client.example/callback';

/** Opens it; accounts ada (admin), ulf (user), rita (readonly), with one password. */
export const openGround = async (options: { readonly legacyPasswordGrant?: boolean } = {}): Promise<Ground> => {
  await using opening = new AsyncDisposableStack();
  const directory = opening.adopt(await mkdtemp(join(tmpdir(), 'oauth-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  await chmod(directory, 0o755);
  const authority = await createAuthority(join(directory, 'authority'), 'Test authority');
  const postgres = opening.adopt(
    await startPostgres(join(directory, 'postgres'), { authority, trust: true }),
    ({ stop }) => stop(),
  );
  const certificates = join(directory, 'certs');
  await authority.issue(certificates, { name: 'reference-api' });
  const pool = opening.adopt(
    new Pool({ host: '127.0.0.1', port: postgres.port, user: 'devuser', database: 'devdb', max: 10 }),
    (open) => open.end(),
  );
  // The server ends them at the end, before their own goodbye has arrived.
  pool.on('error', () => undefined);
  const database: Query = {
    query: async (statement, parameters = []) => (await pool.query(statement, [...parameters])).rows,
  };
  const port = await freePort();
  const failures: object[] = [];
  const issuer = `https://localhost:${port}`;
  const audience = 'https://api.example/';
  const server = await createAuthorizationServer({
    issuer,
    audience,
    database,
    keys: memoryKeyStore(),
    limits: { endpoints: ['100000/minute'], logins: ['100000/minute'] },
    log: { info: () => undefined, warn: () => undefined, error: (fields) => void failures.push(fields) },
    ...options,
  });
  opening.defer(() => server.close());
  const audited: string[] = [];
  const guard = createGuard({
    roles: { admin: ['user'], user: ['readonly'], readonly: [] },
    tokens: {
      issuers: [{ issuer, audience, algorithms: ['ES256'], keys: { local: server.localKeys() } }],
      revocations: server.revocations,
    },
    audit: {
      sink: {
        append: async (event) => {
          audited.push(event.operation);
        },
      },
    },
    bounds: { connectionsPerAddress: 1000 },
    tls: {
      certificate: await readFile(join(certificates, 'cert.pem'), 'utf8'),
      key: new Secret(await readFile(join(certificates, 'key.pem'), 'utf8')),
    },
  });
  server.onKeysChanged((keys) => guard.useKeys(issuer, keys));
  const app = Fastify({ ...guard.fastify });
  opening.defer(() => app.close());
  await app.register(guard.plugin);
  await app.register(server.plugin);
  for (const role of ['readonly', 'user', 'admin'])
    app.get(`/api/${role}`, { config: { guard: { roles: [role] } } }, async () => ({ ok: true }));
  await app.listen({ host: '127.0.0.1', port });
  const password = new Secret(crypto.randomUUID());
  for (const [name, role] of [
    ['ada', 'admin'],
    ['ulf', 'user'],
    ['rita', 'readonly'],
  ] as const)
    await server.accounts.add({ name, password, role });
  const opened = opening.move();
  return {
    issuer,
    audience,
    authority: await readFile(authority.certificate, 'utf8'),
    database,
    server,
    password,
    audited,
    failures,
    close: () => opened.disposeAsync(),
  };
};
