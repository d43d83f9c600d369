import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DeliveredCredential } from '../../services/vault/bootstrap/index.ts';
import { isFileSystemError, writeFileAtomically } from '../../support/files.ts';
import { Secret } from '../../support/secret.ts';

const read = async (file: string): Promise<string | undefined> => {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

/** Role-id and secret-id of each service, as files where its Compose secrets point to. */
export const fileDelivery = (
  projectDirectory: string,
): {
  readonly delivered: (service: string) => Promise<DeliveredCredential | undefined>;
  readonly deliver: (service: string, roleId: string, secretId: Secret) => Promise<void>;
} => {
  const directoryOf = (service: string): string => join(projectDirectory, 'secrets', service);
  return {
    delivered: async (service) => {
      const roleId = await read(join(directoryOf(service), 'role-id'));
      const secretId = await read(join(directoryOf(service), 'secret-id'));
      return roleId === undefined || secretId === undefined ? undefined : { roleId, secretId: new Secret(secretId) };
    },
    deliver: async (service, roleId, secretId) => {
      const directory = directoryOf(service);
      // The way to the directories is open to the services' accounts, each directory to one of them alone.
      await mkdir(dirname(directory), { recursive: true, mode: 0o755 });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFileAtomically(join(directory, 'role-id'), `${roleId}\n`, { mode: 0o400 });
      await writeFileAtomically(join(directory, 'secret-id'), `${secretId.reveal()}\n`, { mode: 0o400 });
    },
  };
};
