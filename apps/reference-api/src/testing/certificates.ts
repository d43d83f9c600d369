import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from './children.ts';

/** An authority for tests, in a directory of its own. */
export interface Authority {
  /** Path of its certificate. */
  readonly certificate: string;
  /** Writes cert.pem, key.pem and ca.pem into a directory, replacing what is there file by file. */
  readonly issue: (
    directory: string,
    subject: { readonly name: string; readonly owner?: { readonly uid: number; readonly gid: number } },
  ) => Promise<void>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes an authority with a key of its own. */
export const createAuthority = async (directory: string, name: string): Promise<Authority> => {
  await mkdir(directory, { recursive: true });
  const certificate = join(directory, 'ca.pem');
  const key = join(directory, 'ca-key.pem');
  await execute('openssl', [
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    key,
    '-out',
    certificate,
    '-days',
    '1',
    '-subj',
    `/CN=${name}`,
  ]);
  return {
    certificate,
    issue: async (target, { name: subject, owner }) => {
      await mkdir(target, { recursive: true });
      const fresh = join(target, '.fresh');
      await mkdir(fresh, { recursive: true });
      const at = (file: string): string => join(fresh, file);
      await execute('openssl', [
        'req',
        ...newKey,
        '-keyout',
        at('key.pem'),
        '-out',
        at('request.pem'),
        '-subj',
        `/CN=${subject}`,
      ]);
      await writeFile(at('extensions'), `subjectAltName=DNS:${subject},DNS:localhost\nbasicConstraints=CA:FALSE\n`);
      const signing = [
        '-req',
        '-in',
        at('request.pem'),
        '-CA',
        certificate,
        '-CAkey',
        key,
        // Of its own: a file with the next one is no good to two at a time.
        '-set_serial',
        `0x01${randomBytes(15).toString('hex')}`,
        '-days',
        '1',
      ];
      await execute('openssl', ['x509', ...signing, '-extfile', at('extensions'), '-out', at('cert.pem')]);
      await copyFile(certificate, at('ca.pem'));
      for (const file of ['key.pem', 'cert.pem', 'ca.pem']) {
        await chmod(at(file), 0o600);
        if (owner !== undefined) await chown(at(file), owner.uid, owner.gid);
        await rename(at(file), join(target, file));
      }
    },
  };
};
