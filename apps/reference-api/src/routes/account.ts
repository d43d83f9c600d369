import type { Identity } from '@palisade/fastify-guard';
import * as z from 'zod';
import type { Route } from '../http/route.ts';

const account = z.object({ issuer: z.string().optional(), subject: z.string(), roles: z.array(z.string()) });
const greeting = z.object({ message: z.string() });

/** Who calls, as far as it concerns the caller. In development everybody is nobody. */
const described = (caller: Identity | undefined): object =>
  caller === undefined
    ? { subject: 'anonymous', roles: [] }
    : { issuer: caller.issuer, subject: caller.subject, roles: caller.roles };

/** Routes that show who is let in, and how often. */
export const accountRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/user',
    access: 'authenticated',
    summary: 'Shows who calls.',
    answers: { 200: 'The caller.' },
    results: { 200: account },
    handle: async ({ caller }) => ({ status: 200, body: described(caller) }),
  },
  {
    method: 'GET',
    path: '/api/protected',
    access: 'authenticated',
    summary: 'Greets whoever has proven who they are.',
    answers: { 200: 'A greeting.' },
    results: { 200: greeting.extend({ user: account }) },
    handle: async ({ caller }) => ({ status: 200, body: { message: 'Access granted', user: described(caller) } }),
  },
  {
    method: 'GET',
    path: '/api/endpoint',
    access: { access: 'authenticated', limits: [{ per: 'address', rates: ['10/minute'] }] },
    summary: 'Answers ten times a minute.',
    answers: { 200: 'A greeting.' },
    results: { 200: greeting },
    handle: async () => ({ status: 200, body: { message: 'success' } }),
  },
  {
    method: 'GET',
    path: '/api/heavy',
    access: { access: 'authenticated', limits: [{ per: 'address', rates: ['100/hour'] }] },
    summary: 'Answers a hundred times an hour.',
    answers: { 200: 'A greeting.' },
    results: { 200: greeting },
    handle: async () => ({ status: 200, body: { message: 'heavy operation' } }),
  },
];
