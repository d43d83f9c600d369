import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { mkdir, readFile } from 'node:fs/promises';
import { isFileSystemError, writeFileAtomically } from '../../../support/files.ts';
import { mountTask } from './engines.ts';
import type { Step, Task } from './step.ts';

/** Goes before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo. Source: RFC 8410, section 4. */
const publicKeyHeader = Buffer.from('302a300506032b6570032100', 'hex');

const pemOf = (publicKey: string): string =>
  createPublicKey({
    key: Buffer.concat([publicKeyHeader, Buffer.from(publicKey, 'base64')]),
    format: 'der',
    type: 'spki',
  })
    .export({ type: 'spki', format: 'pem' })
    .toString();

const isThere = async (file: string, content: string): Promise<boolean> => {
  try {
    return (await readFile(file, 'utf8')) === content;
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return false;
    throw thrown;
  }
};

/**
 * Keys of the transit engine that services have things signed by: made here, never to be taken out. The public half of each
 * version is put into a file for those who verify, so that it does not come from the one that is to be verified.
 */
export const signingKeys: Step = {
  name: 'signing keys',
  missing: async ({ goal, publicKeyDirectory, call }, client) => {
    const wanted = goal.rights.filter((right) => right.kind === 'signing');
    if (wanted.length === 0) return [];
    const mounts = mountTask(await client.sys.mounts(call), 'transit', 'transit', (root) =>
      root.sys.enableMount('transit', { type: 'transit' }, call),
    );
    if (mounts.length > 0) return mounts;
    const tasks = await Promise.all(
      wanted.map(async ({ key }): Promise<readonly Task[]> => {
        const versions = await client.transit().publicKeys(key, call);
        if (versions === undefined)
          return [{ title: `make the key ${key}`, by: 'root', run: (root) => root.transit().createKey(key, call) }];
        if (publicKeyDirectory === undefined) return [];
        const files = await Promise.all(
          [...versions].map(async ([version, publicKey]): Promise<readonly Task[]> => {
            const file = join(publicKeyDirectory, `${key}-${version}.pem`);
            const content = pemOf(publicKey);
            if (await isThere(file, content)) return [];
            const run = async (): Promise<void> => {
              await mkdir(publicKeyDirectory, { recursive: true, mode: 0o755 });
              await writeFileAtomically(file, content, { mode: 0o644 });
            };
            return [{ title: `publish ${key}, version ${version}`, by: 'operator', run }];
          }),
        );
        return files.flat();
      }),
    );
    return tasks.flat();
  },
};
