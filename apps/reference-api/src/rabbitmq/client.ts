import { AMQPConnectionError, AMQPError, Connection as Broker } from 'rabbitmq-client';
import type { ClientKind } from '../connection/connection.ts';

/** ACCESS_REFUSED. Source: AMQP 0-9-1 specification, constant access-refused; RabbitMQ closes a refused login with it. */
const accessRefused = 'ACCESS_REFUSED';

/** No answer in time, of the connection and of one call. */
const noAnswer = new Set(['TIMEOUT', 'RPC_TIMEOUT']);

/** Connections to RabbitMQ, which come back by themselves. */
export const rabbitmqClients: ClientKind<Broker> = {
  open: async ({ host, port, database, username, password, tls }, onIdleError) => {
    const broker = new Broker({
      hostname: host,
      port,
      vhost: database ?? '/',
      connectionName: 'reference-api',
      connectionTimeout: 3_000,
      acquireTimeout: 5_000,
      heartbeat: 30,
      retryLow: 500,
      retryHigh: 10_000,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: password.reveal() }),
      ...(tls === undefined ? {} : { tls: { ...tls, servername: host, minVersion: 'TLSv1.2' } }),
    });
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => undefined);
    broker.on('error', (error: unknown) => {
      const reason = error instanceof Error ? error : new Error(String(error));
      failure.reject(reason);
      onIdleError(reason);
    });
    try {
      await Promise.race([broker.onConnect(5_000), failure.promise]);
    } catch (error) {
      broker.unsafeDestroy();
      throw error;
    }
    return broker;
  },
  close: (broker) => broker.close(),
  refused: (error) => error instanceof Error && 'code' in error && error.code === accessRefused,
  unavailable: (error) =>
    error instanceof AMQPConnectionError || (error instanceof AMQPError && noAnswer.has(error.code)),
};
