import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import { paragraphsOf } from './text.ts';
import type { Messages } from '../rabbitmq/messages.ts';

const newMessage = z.strictObject({ text: paragraphsOf(1_000) });

/** Messages, kept in a queue of RabbitMQ. */
export const messageRoutes = (messages: Messages): readonly Route[] => [
  {
    method: 'POST',
    path: '/api/message',
    access: { roles: ['user'] },
    summary: 'Sends a message.',
    answers: { 202: 'The server has taken it on.' },
    results: { 202: z.object({ status: z.literal('accepted') }) },
    body: newMessage,
    handle: async ({ body }) => {
      await messages.send(parseInput('body', newMessage, body));
      return { status: 202, body: { status: 'accepted' } };
    },
  },
  {
    method: 'DELETE',
    path: '/api/message',
    access: { roles: ['user'] },
    summary: 'Takes the oldest message out of the queue.',
    answers: { 200: 'The message.', 204: 'There is none.' },
    results: { 200: z.object({ text: z.string() }) },
    handle: async () => {
      const message = await messages.receive();
      return message === undefined ? { status: 204 } : { status: 200, body: message };
    },
  },
];
