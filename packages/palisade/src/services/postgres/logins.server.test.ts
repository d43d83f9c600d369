import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client, ClientConfig } from 'pg';
import { retry } from '../../support/retry.ts';
import { createAuthority, type Authority } from './testing/authority.ts';
import { connect, refusal } from './testing/connect.ts';
import { bound, passwords, startShop, type Consumer, type Shop } from './testing/shop.ts';
import { handshake } from './wire.ts';

describe('whom PostgreSQL lets in once it is hardened', () => {
  let shop: Shop;
  /** An authority that the server does not know. */
  let stranger: Authority;
  before(async () => {
    stranger = await createAuthority('somebody else');
    shop = await startShop();
    await shop.harden();
  });
  after(() => shop[Symbol.asyncDispose]());

  it('keeps the data, and lets a consumer use it', async () => {
    const client = await connect(shop.loginOf('reference-api'));
    const { rows } = await client.query("INSERT INTO users (name) VALUES ('Linus') RETURNING id");
    assert.equal(rows.length, 1);
    await client.query('CREATE TEMP TABLE scratch (id int)');
    const counted = await client.query('SELECT count(*)::int AS count FROM users');
    assert.deepEqual(counted.rows, [{ count: 3 }]);
    await client.query('DELETE FROM users WHERE name = $1', ['Linus']);
    await client.end();
  });

  it('lets a consumer do no more than it needs', async () => {
    const client = await connect(shop.loginOf('reference-api'));
    for (const statement of [
      'CREATE ROLE r',
      'CREATE DATABASE d',
      'DROP TABLE users',
      "COPY users TO PROGRAM 'true'",
      'SELECT * FROM pg_authid',
    ])
      await assert.rejects(client.query(statement), { code: '42501' }, statement);
    await client.end();
  });

  /** What is other about a login of reference-api, and why it is refused. */
  const refusals: readonly {
    readonly name: string;
    readonly login: () => ClientConfig | Promise<ClientConfig>;
    readonly reason: RegExp;
  }[] = [
    {
      name: 'plaintext',
      login: () => shop.loginOf('reference-api', { ssl: false }),
      reason: /pg_hba\.conf rejects connection|no pg_hba\.conf entry/,
    },
    {
      name: 'no client certificate',
      login: () => shop.loginOf('reference-api', { identity: 'none' }),
      reason: /valid client certificate/,
    },
    {
      name: 'a certificate of another authority',
      login: async () =>
        shop.loginOf('reference-api', { identity: await stranger.issue({ commonName: 'reference-api' }) }),
      reason: /alert|ECONNRESET|unknown ca|hung up|terminated/i,
    },
    {
      name: 'an expired certificate',
      login: async () =>
        shop.loginOf('reference-api', {
          identity: await shop.authority.issue({ commonName: 'reference-api', days: -1 }),
        }),
      reason: /alert|ECONNRESET|expired|terminated/i,
    },
    {
      name: 'a certificate of another name',
      login: () => shop.loginOf('reference-api', { identity: shop.identityOf('worker') }),
      reason: /certificate authentication failed|authentication failed/,
    },
    {
      name: 'a wrong password',
      login: () => shop.loginOf('reference-api', { password: 'canary-wrong' }),
      reason: /password authentication failed/,
    },
    {
      name: 'the development password of the superuser',
      login: () => shop.loginOf('reference-api', { user: 'devuser', password: 'canary-devpassword' }),
      reason: /rejects connection/,
    },
    {
      name: 'the superuser with the right password',
      login: () => shop.loginOf('reference-api', { user: 'devuser', password: passwords.superuser }),
      reason: /rejects connection/,
    },
    {
      name: 'a role of the development posture',
      login: () => shop.loginOf('reference-api', { user: 'legacy', password: 'canary-legacy' }),
      reason: /rejects connection/,
    },
    {
      name: 'a consumer on another database',
      login: () => shop.loginOf('reference-api', { database: 'postgres' }),
      reason: /rejects connection/,
    },
  ];
  for (const { name, login, reason } of refusals)
    it(`refuses ${name}`, async () => assert.match(await refusal(await login()), reason));

  it('refuses the 21st connection of a role and the 51st to the database', async () => {
    const clients: Client[] = [];
    const fill = async (consumer: Consumer, count: number): Promise<void> => {
      for (let number = 0; number < count; number++) clients.push(await connect(shop.loginOf(consumer)));
    };
    try {
      await fill('reference-api', 20);
      assert.match(await refusal(shop.loginOf('reference-api')), /too many connections for role "reference-api"/);
      await fill('worker', 20);
      await fill('pgbouncer', 10);
      assert.match(await refusal(shop.loginOf('pgbouncer')), /too many connections for database "devdb"/);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it('serves a new certificate after a reload, without a restart', async () => {
    const served = async (): Promise<string | undefined> => {
      const address = { host: '127.0.0.1', port: shop.host.port };
      return (await handshake(address, { rejectUnauthorized: false }, bound()))?.certificate.serialNumber;
    };
    const earlier = await served();
    await shop.renewCertificate();
    assert.equal(await served(), earlier, 'nothing but the reload changes what is served');
    shop.host.reload();
    await retry(
      async () => {
        const now = await served();
        assert.ok(now !== undefined && now !== earlier);
      },
      { within: 5000 },
    );
  });
});
