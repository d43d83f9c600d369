import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { openConnection } from '../src/connection/connection.ts';
import { mysqlClients } from '../src/mysql/client.ts';
import { ordersOf } from '../src/mysql/orders.ts';
import { createAuthority } from '../src/testing/certificates.ts';
import { readCertificates } from '../src/tls/certificates.ts';
import { startMysql } from './neighbours/mysql.ts';

test('keeps every character, also in a table that an earlier version made with the character set of the server', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'reference-api-orders-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const authority = await createAuthority(join(directory, 'authority'), 'Test authority');
  const account = { username: 'reference-api', password: new Secret(crypto.randomUUID()) };
  const server = await startMysql({ directory: join(directory, 'mysql'), authority, account });
  context.after(() => server.stop());
  await authority.issue(join(directory, 'client'), { name: account.username });
  const tls = await readCertificates(join(directory, 'client'));
  const login = { host: 'localhost', port: server.port, database: 'devdb', ...account, tls };
  const connection = await openConnection({ read: () => Promise.resolve(login) }, mysqlClients, () => undefined);
  context.after(() => connection.close());
  await connection.use(async (pool) => {
    await pool.query(`CREATE TABLE orders (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      item VARCHAR(100) NOT NULL, quantity INT UNSIGNED NOT NULL) CHARACTER SET latin1`);
    await pool.query("INSERT INTO orders (item, quantity) VALUES ('é', 1)");
  });
  const orders = ordersOf(connection);
  await orders.add({ item: '\u{1fa94}'.repeat(100), quantity: 2 });
  // A second process finds a table that is wide enough.
  assert.deepEqual(await ordersOf(connection).list(), [
    { id: 2, item: '\u{1fa94}'.repeat(100), quantity: 2 },
    { id: 1, item: 'é', quantity: 1 },
  ]);
});
