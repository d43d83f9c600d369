import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import type { Counters } from '../redis/counters.ts';

const counterPath = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/u, 'it has to be lower-case letters, digits and hyphens'),
});

const counter = z.object({ name: z.string(), value: z.int() });

/** Counters, kept in Redis. */
export const counterRoutes = (counters: Counters): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/counter/:name',
    access: { roles: ['readonly'] },
    summary: 'Shows a counter.',
    answers: { 200: 'The counter.' },
    results: { 200: counter },
    params: counterPath,
    handle: async ({ params }) => {
      const { name } = parseInput('path', counterPath, params);
      return { status: 200, body: { name, value: await counters.read(name) } };
    },
  },
  {
    method: 'POST',
    path: '/api/counter/:name',
    access: { roles: ['user'] },
    summary: 'Counts one more.',
    answers: { 200: 'The counter.' },
    results: { 200: counter },
    params: counterPath,
    handle: async ({ params }) => {
      const { name } = parseInput('path', counterPath, params);
      return { status: 200, body: { name, value: await counters.increment(name) } };
    },
  },
];
