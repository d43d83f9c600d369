import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '../contracts/runtime.ts';
import type { Stack } from '../contracts/stack.ts';

/** Client identities that this process can read. */
export interface ClientIdentities {
  /** Directory with `cert.pem` and `key.pem` of a service as a client; undefined where it has none. */
  readonly of: (service: string) => string | undefined;
  /** Removes what was copied. */
  readonly close: () => Promise<void>;
}

/** By opening it: access(2) answers for the real user, who need not be the effective one. */
const canRead = async (file: string): Promise<boolean> => {
  const handle = await open(file, 'r').catch(() => undefined);
  await handle?.close();
  return handle !== undefined;
};

/**
 * The client identities of a stack. A key that belongs to the account of its service, on a container engine that somebody
 * else than root uses, is copied to a directory that nobody else may enter.
 */
export const openClientIdentities = async (
  { directory, services }: Stack,
  { readOwnFile }: Runtime,
  signal: AbortSignal,
): Promise<ClientIdentities> => {
  let copies: string | undefined;
  const found = new Map<string, string>();
  const close = async (): Promise<void> => {
    if (copies !== undefined) await rm(copies, { recursive: true, force: true });
  };
  try {
    for (const name of services.keys()) {
      const original = join(directory, 'certs', name, 'client');
      if (!existsSync(join(original, 'cert.pem'))) continue;
      found.set(name, original);
      if (readOwnFile === undefined || (await canRead(join(original, 'key.pem')))) continue;
      copies ??= await mkdtemp(join(tmpdir(), 'palisade-identities-'));
      const copy = join(copies, String(found.size));
      await mkdir(copy, { mode: 0o700 });
      await writeFile(join(copy, 'cert.pem'), await readFile(join(original, 'cert.pem')), { mode: 0o600 });
      await writeFile(join(copy, 'key.pem'), await readOwnFile(join(original, 'key.pem'), signal), { mode: 0o600 });
      found.set(name, copy);
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { of: (service) => found.get(service), close };
};
