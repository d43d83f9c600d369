import { spawnSync } from 'node:child_process';

/** Makes a self-signed P-256 certificate for 127.0.0.1 with OpenSSL. Throws where that fails. */
export const makeCertificate = (certificateFile: string, keyFile: string): void => {
  const form = ['-x509', '-days', '1', '-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const done = spawnSync('openssl', ['req', ...form, ...key, '-out', certificateFile], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (done.status !== 0) throw new Error(`openssl made no certificate: ${done.error?.message ?? done.stderr}`);
};
