import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSelfSignedCertificate } from '../src/index.ts';
import type { ListenerFiles } from './server.ts';

/** Writes a self-signed certificate for `localhost`, valid for an hour, and its key into a directory. */
export const writeSelfSigned = async (directory: string, name = 'listener'): Promise<ListenerFiles> => {
  const now = Date.now();
  const { certificate, key } = createSelfSignedCertificate(
    { commonName: 'localhost', alternativeNames: ['localhost'] },
    { notBefore: now - 60_000, notAfter: now + 3_600_000 },
  );
  const files = { certificate: join(directory, `${name}.pem`), key: join(directory, `${name}-key.pem`) };
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key.reveal(), { mode: 0o600 });
  return files;
};
