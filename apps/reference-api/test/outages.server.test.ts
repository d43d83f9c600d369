import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { type ClientKind, type Connection, openConnection } from '../src/connection/connection.ts';
import type { Credentials } from '../src/connection/login.ts';
import { ServerUnavailable } from '../src/connection/unavailable.ts';
import { openDatabase } from '../src/database/database.ts';
import { mongodbClients } from '../src/mongodb/client.ts';
import { notesOf } from '../src/mongodb/notes.ts';
import { mysqlClients } from '../src/mysql/client.ts';
import { ordersOf } from '../src/mysql/orders.ts';
import { rabbitmqClients } from '../src/rabbitmq/client.ts';
import { messagesOf } from '../src/rabbitmq/messages.ts';
import { redisClients } from '../src/redis/client.ts';
import { countersOf } from '../src/redis/counters.ts';
import { createAuthority } from '../src/testing/certificates.ts';
import { startPostgres } from '../src/testing/postgres.ts';
import { readCertificates } from '../src/tls/certificates.ts';
import { startMongodb } from './neighbours/mongodb.ts';
import { startMysql } from './neighbours/mysql.ts';
import { startRabbitmq } from './neighbours/rabbitmq.ts';
import { startRedis } from './neighbours/redis.ts';
import type { NeighbourServer, Start } from './neighbours/server.ts';

const directoryOf = async (context: TestContext): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'reference-api-outage-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** What a caller does: some work that succeeds while the server is there. */
type Work = () => Promise<unknown>;

/** It works; then the server is killed, and each attempt ends in time and says that the server is not there. */
const loses = async (work: Work, kill: () => Promise<void>): Promise<void> => {
  await work();
  await kill();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const began = performance.now();
    await assert.rejects(work(), (error) => error instanceof ServerUnavailable && error.statusCode === 503);
    assert.ok(performance.now() - began < 9_000, 'the handler would have been given up before');
  }
};

/** Starts a server of a kind, and what is done over a connection to it. */
const neighbour =
  <Client>(
    start: (start: Start) => Promise<NeighbourServer>,
    kind: ClientKind<Client>,
    workOf: (connection: Connection<Client>) => Work,
  ) =>
  async (context: TestContext): Promise<void> => {
    const directory = await directoryOf(context);
    const authority = await createAuthority(join(directory, 'authority'), 'Test authority');
    const account = { username: 'reference-api', password: new Secret(crypto.randomUUID()) };
    const server = await start({ directory: join(directory, 'server'), authority, account });
    context.after(() => server.stop());
    await authority.issue(join(directory, 'client'), { name: account.username });
    const { port, database } = server;
    const tls = await readCertificates(join(directory, 'client'));
    const login = { host: 'localhost', port, ...account, tls, ...(database === undefined ? {} : { database }) };
    const credentials: Credentials = { read: () => Promise.resolve(login) };
    const connection = await openConnection(credentials, kind, () => undefined);
    context.after(() => connection.close());
    await loses(workOf(connection), server.stop);
    const late = await openConnection(credentials, kind, () => undefined);
    context.after(() => late.close());
    await assert.rejects(workOf(late)(), ServerUnavailable, 'whoever comes later is told the same');
  };

for (const [name, lose] of [
  ['MySQL', neighbour(startMysql, mysqlClients, (connection) => ordersOf(connection).list)],
  ['MongoDB', neighbour(startMongodb, mongodbClients, (connection) => notesOf(connection).list)],
  ['Redis', neighbour(startRedis, redisClients, (connection) => () => countersOf(connection).increment('outage'))],
  [
    'RabbitMQ',
    neighbour(startRabbitmq, rabbitmqClients, (connection) => () => messagesOf(connection).send({ text: '' })),
  ],
] as const)
  test(`says that ${name} is not there, in time, where it was killed`, { timeout: 120_000 }, lose);

test('says that PostgreSQL is not there, in time, where it was stopped, and works when it is back', async (context) => {
  const directory = await directoryOf(context);
  // PostgreSQL runs as an account of its own where root starts it.
  await chmod(directory, 0o755);
  const authority = await createAuthority(join(directory, 'authority'), 'Test authority');
  const server = await startPostgres(join(directory, 'server'), { authority, trust: true });
  context.after(() => server.stop());
  const login = { host: '127.0.0.1', port: server.port, database: 'devdb', username: 'devuser' };
  const database = await openDatabase({ read: () => Promise.resolve(login) }, () => undefined);
  context.after(() => database.close());
  const work: Work = () => database.query('SELECT 1');
  await loses(work, server.stop);
  await server.start();
  await work();
  await assert.rejects(
    database.query('SELECT * FROM missing'),
    (error) => error instanceof Error && !(error instanceof ServerUnavailable),
    'what is wrong with a statement is no outage',
  );
});
