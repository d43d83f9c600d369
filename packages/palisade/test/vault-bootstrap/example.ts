import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, createVaultClient } from '@palisade/vault';
import { type TestServer, startProductionServer } from '../../../vault/test/server.ts';
import { clientCertificate, serverCertificate } from '../../src/model/identities.ts';
import { isFileSystemError } from '../../src/support/files.ts';
import type { BootstrapOptions } from '../../src/services/vault/bootstrap/bootstrap.ts';
import { bootstrapListenerCertificate } from '../../src/services/vault/bootstrap/listener.ts';
import type { BootstrapGoal, DeliveredCredential } from '../../src/services/vault/bootstrap/step.ts';

/** The certificate of the server's own listener. */
export const vaultCertificate = serverCertificate('vault');

/** A small stack: an API that uses a database. */
export const goal: BootstrapGoal = {
  secrets: [
    {
      path: 'postgres',
      fields: { username: { text: 'postgres' }, password: { generate: 32 } },
      readers: ['postgres'],
    },
    {
      path: 'postgres/reference-api',
      fields: { username: { text: 'reference-api' }, password: { generate: 32 }, port: { text: '5432' } },
      readers: ['postgres', 'reference-api'],
    },
  ],
  rights: [
    { kind: 'own-entry', service: 'reference-api', path: 'reference-api/signing-keys' },
    { kind: 'signing', service: 'reference-api', key: 'reference-api-audit' },
  ],
  certificates: [vaultCertificate, serverCertificate('postgres'), clientCertificate('reference-api')],
  consumers: [
    { service: 'postgres', cidrs: ['127.0.0.1/32'] },
    { service: 'reference-api', cidrs: ['127.0.0.1/32'] },
  ],
  operatorCidrs: ['127.0.0.1/32'],
  operatorRules: [],
  auditFiles: new Map(),
};

/** The goal with one more service, that reads a secret of its own. */
export const goalWith = (service: string): BootstrapGoal => ({
  ...goal,
  secrets: [...goal.secrets, { path: service, fields: { password: { generate: 24 } }, readers: [service] }],
  consumers: [...goal.consumers, { service, cidrs: ['127.0.0.1/32'] }],
});

/** Directories of one stack under test. */
export interface Places {
  readonly address: string;
  readonly state: string;
  readonly listener: string;
  readonly deliveries: string;
  readonly authority: string;
  readonly publicKeys: string;
}

export const placesOf = (address: string, directory: string): Places => ({
  address,
  state: join(directory, 'state'),
  listener: join(directory, 'listener'),
  deliveries: join(directory, 'deliveries'),
  authority: join(directory, 'ca.pem'),
  publicKeys: join(directory, 'public-keys'),
});

const text = async (path: string): Promise<string | undefined> => {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

/** What lies at a service. */
export const deliveredTo = async (places: Places, service: string): Promise<DeliveredCredential | undefined> => {
  const roleId = await text(join(places.deliveries, service, 'role-id'));
  const secretId = await text(join(places.deliveries, service, 'secret-id'));
  return roleId === undefined || secretId === undefined ? undefined : { roleId, secretId: new Secret(secretId) };
};

/** Options of a bootstrap of the example at these places; `reload` and `setAside` stand for the runtime. */
export const optionsFor = (
  places: Places,
  runtime: { readonly reload: () => void; readonly setAside: () => Promise<void> },
  rest: Partial<BootstrapOptions> = {},
): BootstrapOptions => ({
  connect: (authorities) =>
    createVaultClient({ address: places.address, ...(authorities === undefined ? {} : { authorities }) }),
  listener: {
    directory: places.listener,
    certificate: vaultCertificate,
    reload: async () => runtime.reload(),
  },
  authorityFile: places.authority,
  publicKeyDirectory: places.publicKeys,
  stateDirectory: places.state,
  recipients: [],
  shares: 3,
  threshold: 2,
  goal,
  delivered: (service) => deliveredTo(places, service),
  deliver: async (service, roleId, secretId) => {
    const directory = join(places.deliveries, service);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(join(directory, 'role-id'), roleId);
    await writeFile(join(directory, 'secret-id'), secretId.reveal(), { mode: 0o600 });
  },
  setAside: runtime.setAside,
  signal: AbortSignal.timeout(120_000),
  progress: () => undefined,
  random: randomBytes,
  ...rest,
});

/** A production server with the stand-in certificate, empty. */
export const startExample = async (): Promise<{
  readonly server: TestServer & { readonly auditFile: string; readonly dataDirectory: string };
  readonly places: Places;
  readonly runtime: { readonly reload: () => void; readonly setAside: () => Promise<void> };
}> => {
  const server = await startProductionServer({
    listener: async (directory) => {
      const listener = join(directory, 'listener');
      await bootstrapListenerCertificate(listener, vaultCertificate);
      return { certificate: join(listener, 'cert.pem'), key: join(listener, 'key.pem') };
    },
  });
  const setAside = async (): Promise<void> => {
    await server.kill();
    await rename(server.dataDirectory, `${server.dataDirectory}.aside-${randomBytes(4).toString('hex')}`);
    await mkdir(server.dataDirectory, { mode: 0o700 });
    await server.start();
  };
  return { server, places: placesOf(server.address, server.directory), runtime: { reload: server.reload, setAside } };
};
