import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import { lineOf } from './text.ts';
import type { Orders } from '../mysql/orders.ts';

const newOrder = z.strictObject({
  item: lineOf(100),
  quantity: z.int().min(1).max(1_000),
});
const order = z.object({ id: z.int(), item: z.string(), quantity: z.int() });

/** Orders, kept in MySQL. */
export const orderRoutes = (orders: Orders): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/order',
    access: { roles: ['readonly'] },
    summary: 'Lists the last hundred orders.',
    answers: { 200: 'The orders.' },
    results: { 200: z.array(order) },
    handle: async () => ({ status: 200, body: await orders.list() }),
  },
  {
    method: 'POST',
    path: '/api/order',
    access: { roles: ['user'] },
    summary: 'Adds an order.',
    answers: { 201: 'The order.' },
    results: { 201: order },
    body: newOrder,
    handle: async ({ body }) => ({ status: 201, body: await orders.add(parseInput('body', newOrder, body)) }),
  },
];
