import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { Secret } from '@palisade/vault/secret';

const run = promisify(execFile);

/** A certificate and its key, in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: Secret;
}

/** A certificate authority of a test. */
export interface Authority {
  readonly certificate: string;
  /** `names` as in openssl: `DNS:localhost,URI:spiffe://a`. Valid for so many days; expired where negative. */
  readonly issue: (names: string, days?: number) => Promise<Issued>;
}

/** Makes an authority with OpenSSL; its files are gone after the test. */
export const createAuthority = async (context: TestContext, name = 'ca'): Promise<Authority> => {
  const directory = await mkdtemp(join(tmpdir(), 'guard-ca-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const at = (file: string): string => join(directory, file);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const self = ['-x509', '-days', '2', '-subj', `/CN=${name}`];
  await run('openssl', ['req', ...self, ...curve, '-keyout', at('ca.key'), '-out', at('ca.pem')]);
  let issued = 0;
  return {
    certificate: await readFile(at('ca.pem'), 'utf8'),
    issue: async (names, days = 1) => {
      const serial = String(++issued);
      const [key, request, certificate, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) => at(`${serial}.${end}`));
      if (key === undefined || request === undefined || certificate === undefined || extensions === undefined)
        throw new Error('unreachable');
      await writeFile(extensions, `basicConstraints=CA:FALSE\nsubjectAltName=${names}\n`);
      await run('openssl', ['req', '-new', ...curve, '-subj', '/CN=test', '-keyout', key, '-out', request]);
      const signer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', serial];
      await run('openssl', [
        'x509',
        '-req',
        '-in',
        request,
        '-out',
        certificate,
        ...signer,
        '-days',
        String(days),
        '-extfile',
        extensions,
      ]);
      return { certificate: await readFile(certificate, 'utf8'), key: new Secret(await readFile(key, 'utf8')) };
    },
  };
};
