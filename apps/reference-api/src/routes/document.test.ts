import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Connection } from '../connection/connection.ts';
import { usersOf } from '../database/users.ts';
import { createHardenedServer } from '../http/hardened.ts';
import { notesOf } from '../mongodb/notes.ts';
import { ordersOf } from '../mysql/orders.ts';
import { messagesOf } from '../rabbitmq/messages.ts';
import { countersOf } from '../redis/counters.ts';
import { accountRoutes } from './account.ts';
import { counterRoutes } from './counters.ts';
import { healthRoutes } from './health.ts';
import { messageRoutes } from './messages.ts';
import { noteRoutes } from './notes.ts';
import { documentRoute, openApiOf } from './openapi.ts';
import { orderRoutes } from './orders.ts';
import { userRoutes } from './users.ts';

const file = join(import.meta.dirname, '../../openapi.json');

const unasked = (): Promise<never> => Promise.reject(new Error('nobody is asked'));
/** A connection of routes that are described and not called. */
const nowhere = <Client>(): Connection<Client> => ({
  use: unasked,
  refresh: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

/** The document of the hardened service with every neighbour that it can have. */
const documentOfService = async (): Promise<unknown> => {
  const routes = [
    ...healthRoutes({}, { details: false, draining: () => false }),
    ...accountRoutes,
    ...userRoutes(usersOf({ query: unasked, refresh: unasked, close: unasked })),
    ...orderRoutes(ordersOf(nowhere())),
    ...noteRoutes(notesOf(nowhere())),
    ...counterRoutes(countersOf(nowhere())),
    ...messageRoutes(messagesOf(nowhere())),
  ];
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { app, guard } = await createHardenedServer(
    {
      logLevel: 'error',
      logTo: { write: () => undefined },
      proxies: [],
      audit: { append: () => Promise.resolve() },
      issuer: {
        issuer: 'https://issuer.example',
        audience: 'https://api.example',
        algorithms: ['ES256'],
        keys: { local: [{ id: 'one', key: publicKey.export({ type: 'spki', format: 'pem' }).toString() }] },
      },
    },
    [...routes, documentRoute(() => openApiOf(routes, guard.openapi()))],
  );
  try {
    await app.ready();
    const document: unknown = JSON.parse(JSON.stringify(openApiOf(routes, guard.openapi())));
    return document;
  } finally {
    await app.close();
  }
};

/** `REFERENCE_API_DOCUMENT=write` writes the file instead of comparing with it. */
test('openapi.json says what the hardened service says of itself, so that attackers of it know what to expect', async () => {
  const document = await documentOfService();
  if (process.env['REFERENCE_API_DOCUMENT'] === 'write') writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  const written: unknown = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual(written, document);
});
