import { ProblemError } from '@palisade/fastify-guard';
import * as z from 'zod';
import type { Users } from '../database/users.ts';
import { type Route, parseInput } from '../http/route.ts';
import { lineOf, mailAddress } from './text.ts';

const userPath = z.object({
  id: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/u, 'it has to be a positive whole number')
    .transform(Number),
});
const newUser = z.strictObject({
  name: lineOf(100),
  email: mailAddress,
});
const user = z.object({ id: z.int(), name: z.string(), email: z.string(), createdAt: z.iso.datetime() });
const nobody = (): ProblemError => new ProblemError(404, 'user-missing', 'There is no such user.');

/** The business routes: people, in JSON. */
export const userRoutes = (users: Users): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/users',
    access: { roles: ['readonly'] },
    summary: 'Lists the first hundred users.',
    answers: { 200: 'The users.' },
    results: { 200: z.array(user) },
    handle: async () => ({ status: 200, body: await users.list() }),
  },
  {
    method: 'GET',
    path: '/api/user/:id',
    access: { roles: ['readonly'] },
    summary: 'Shows a user.',
    answers: { 200: 'The user.', 404: 'There is no such user.' },
    results: { 200: user },
    params: userPath,
    handle: async ({ params }) => {
      const { id } = parseInput('path', userPath, params);
      const user = await users.find(id);
      if (user === undefined) throw nobody();
      return { status: 200, body: user };
    },
  },
  {
    method: 'POST',
    path: '/api/user',
    access: { roles: ['user'], audit: 'user.create' },
    summary: 'Adds a user.',
    answers: { 201: 'The user.', 409: 'The address is taken.' },
    results: { 201: user },
    body: newUser,
    handle: async ({ body }) => {
      const user = await users.add(parseInput('body', newUser, body));
      if (user === undefined) throw new ProblemError(409, 'address-taken', 'A user with this address exists already.');
      return { status: 201, body: user, headers: { location: `/api/user/${user.id}` } };
    },
  },
  {
    method: 'DELETE',
    path: '/api/user/:id',
    access: { roles: ['admin'], audit: 'user.delete' },
    summary: 'Deletes a user.',
    answers: { 204: 'The user is gone.', 404: 'There is no such user.' },
    params: userPath,
    handle: async ({ params }) => {
      const { id } = parseInput('path', userPath, params);
      if (!(await users.remove(id))) throw nobody();
      return { status: 204 };
    },
  },
];
