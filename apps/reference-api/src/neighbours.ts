import type { Neighbour } from './configuration/configuration.ts';
import { type ClientKind, type Connection, openConnection } from './connection/connection.ts';
import type { Credentials } from './connection/login.ts';
import type { SendCommand } from './http/hardened.ts';
import type { Route } from './http/route.ts';
import { mongodbClients } from './mongodb/client.ts';
import { notesOf } from './mongodb/notes.ts';
import { mysqlClients } from './mysql/client.ts';
import { ordersOf } from './mysql/orders.ts';
import { rabbitmqClients } from './rabbitmq/client.ts';
import { messagesOf } from './rabbitmq/messages.ts';
import { redisClients } from './redis/client.ts';
import { countersOf } from './redis/counters.ts';
import { counterRoutes } from './routes/counters.ts';
import { messageRoutes } from './routes/messages.ts';
import { noteRoutes } from './routes/notes.ts';
import { orderRoutes } from './routes/orders.ts';

/** A server that is called beside the database, with the routes that need it. */
export interface OpenNeighbour {
  readonly name: Neighbour;
  readonly routes: readonly Route[];
  /** Rejects where the server cannot be asked. */
  readonly check: () => Promise<void>;
  /** Where it is Redis: sends one command. */
  readonly send?: SendCommand;
  readonly refresh: () => Promise<void>;
  readonly close: () => Promise<void>;
}

type Warn = (error: Error) => void;

/** What a connection is used for. */
type Use<Client> = (connection: Connection<Client>) => Pick<OpenNeighbour, 'routes' | 'check' | 'send'>;

const opener =
  <Client>(name: Neighbour, kind: ClientKind<Client>, use: Use<Client>) =>
  async (credentials: Credentials, warn: Warn): Promise<OpenNeighbour> => {
    const connection = await openConnection(credentials, kind, warn);
    return { name, ...use(connection), refresh: connection.refresh, close: connection.close };
  };

const openers: Readonly<Record<Neighbour, (credentials: Credentials, warn: Warn) => Promise<OpenNeighbour>>> = {
  mysql: opener('mysql', mysqlClients, (connection) => {
    const orders = ordersOf(connection);
    return { routes: orderRoutes(orders), check: orders.check };
  }),
  mongodb: opener('mongodb', mongodbClients, (connection) => {
    const notes = notesOf(connection);
    return { routes: noteRoutes(notes), check: notes.check };
  }),
  redis: opener('redis', redisClients, (connection) => {
    const counters = countersOf(connection);
    return {
      routes: counterRoutes(counters),
      check: counters.check,
      send: (command) => connection.use((client) => client.send(command)),
    };
  }),
  rabbitmq: opener('rabbitmq', rabbitmqClients, (connection) => {
    const messages = messagesOf(connection);
    return { routes: messageRoutes(messages), check: messages.check };
  }),
};

/** Opens a neighbour. Rejects where its credentials cannot be read; a server that is down is noticed at the first request. */
export const openNeighbour = (name: Neighbour, credentials: Credentials, warn: Warn): Promise<OpenNeighbour> =>
  openers[name](credentials, warn);
