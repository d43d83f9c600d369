import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { createAuthority } from '../testing/certificates.ts';
import { readCertificates } from '../tls/certificates.ts';
import { mongodbClients } from './client.ts';

test('makes a client that speaks TLS 1.2 or newer, shows its certificate and believes its own authority alone', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'reference-api-mongodb-'));
  context.after(() => rm(directory, { recursive: true }));
  const authority = await createAuthority(join(directory, 'authority'), 'Test authority');
  await authority.issue(join(directory, 'client'), { name: 'reference-api' });
  const tls = await readCertificates(join(directory, 'client'));
  // Nothing is asked before the first operation.
  const client = await mongodbClients.open(
    { host: 'localhost', port: 27_017, database: 'devdb', username: 'reference-api', password: new Secret('x'), tls },
    () => undefined,
  );
  context.after(() => mongodbClients.close(client));
  assert.equal(client.options.tls, true);
  assert.notEqual(client.options.rejectUnauthorized, false);
  assert.notEqual(client.options['secureContext'], undefined);
});
