import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import type { Orders } from '../mysql/orders.ts';

const newOrder = z.strictObject({
  item: z.string().trim().min(1).max(100),
  quantity: z.int().min(1).max(1_000),
});

/** Orders, kept in MySQL. */
export const orderRoutes = (orders: Orders): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/order',
    access: { roles: ['readonly'] },
    summary: 'Lists the last hundred orders.',
    answers: { 200: 'The orders.' },
    handle: async () => ({ status: 200, body: await orders.list() }),
  },
  {
    method: 'POST',
    path: '/api/order',
    access: { roles: ['user'] },
    summary: 'Adds an order.',
    answers: { 201: 'The order.' },
    body: newOrder,
    handle: async ({ body }) => ({ status: 201, body: await orders.add(parseInput('body', newOrder, body)) }),
  },
];
