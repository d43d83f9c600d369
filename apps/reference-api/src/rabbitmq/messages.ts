import type { Connection as Broker } from 'rabbitmq-client';
import * as z from 'zod';
import type { Connection } from '../connection/connection.ts';

const messageBody = z.object({ text: z.string() });

/** One message of the sample data. */
export type Message = z.output<typeof messageBody>;

/** A durable queue. */
export interface Messages {
  /** Resolves when the server has taken the message on. */
  readonly send: (message: Message) => Promise<void>;
  /** The oldest message, which is then gone; undefined where there is none. */
  readonly receive: () => Promise<Message | undefined>;
  /** Rejects where the server cannot be asked. */
  readonly check: () => Promise<void>;
}

/** Below the name of the service, which is all that its account may touch. */
const queue = 'reference-api.messages';

/** The queue behind a connection; it is declared by whoever comes first. */
export const messagesOf = (connection: Connection<Broker>): Messages => ({
  send: (message) =>
    connection.use(async (broker) => {
      const publisher = broker.createPublisher({ confirm: true, queues: [{ queue, durable: true }] });
      try {
        await publisher.send({ routingKey: queue, durable: true, mandatory: true }, message);
      } finally {
        await publisher.close();
      }
    }),
  receive: () =>
    connection.use(async (broker) => {
      const channel = await broker.acquire();
      try {
        await channel.queueDeclare({ queue, durable: true });
        const message = await channel.basicGet({ queue, noAck: true });
        return message === undefined ? undefined : messageBody.parse(message.body);
      } finally {
        await channel.close();
      }
    }),
  check: () =>
    connection.use(async (broker) => {
      const channel = await broker.acquire();
      await channel.close();
    }),
});
