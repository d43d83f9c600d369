import { createSecureContext } from 'node:tls';
import {
  MongoClient,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import type { ClientKind } from '../connection/connection.ts';

/** AuthenticationFailed and Unauthorized. Source: MongoDB manual, error codes. */
const loginRefused = new Set([18, 13]);

/** Clients of MongoDB and what speaks its protocol. The database of the login is the default one. */
export const mongodbClients: ClientKind<MongoClient> = {
  open: async ({ host, port, database, username, password, tls }) =>
    new MongoClient(`mongodb://${host}:${port}/${database ?? ''}`, {
      directConnection: true,
      maxPoolSize: 10,
      connectTimeoutMS: 3_000,
      serverSelectionTimeoutMS: 3_000,
      socketTimeoutMS: 10_000,
      appName: 'reference-api',
      ...(username === undefined || password === undefined
        ? {}
        : {
            auth: { username, password: password.reveal() },
            ...(database === undefined ? {} : { authSource: database }),
          }),
      // The driver knows no option for the oldest version; a context does.
      ...(tls === undefined
        ? {}
        : { tls: true, secureContext: createSecureContext({ ...tls, minVersion: 'TLSv1.2' }) }),
    }),
  close: (client) => client.close(),
  refused: (error) =>
    error instanceof MongoServerError && typeof error.code === 'number' && loginRefused.has(error.code),
  unavailable: (error) =>
    [MongoNetworkError, MongoServerSelectionError, MongoNotConnectedError, MongoTopologyClosedError].some(
      (kind) => error instanceof kind,
    ),
};
