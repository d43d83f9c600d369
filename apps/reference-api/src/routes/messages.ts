import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import type { Messages } from '../rabbitmq/messages.ts';

const newMessage = z.strictObject({ text: z.string().trim().min(1).max(1_000) });

/** Messages, kept in a queue of RabbitMQ. */
export const messageRoutes = (messages: Messages): readonly Route[] => [
  {
    method: 'POST',
    path: '/api/message',
    access: 'authenticated',
    summary: 'Sends a message.',
    body: newMessage,
    handle: async ({ body }) => {
      await messages.send(parseInput('body', newMessage, body));
      return { status: 202, body: { status: 'accepted' } };
    },
  },
  {
    method: 'DELETE',
    path: '/api/message',
    access: 'authenticated',
    summary: 'Takes the oldest message out of the queue.',
    handle: async () => {
      const message = await messages.receive();
      return message === undefined ? { status: 204 } : { status: 200, body: message };
    },
  },
];
