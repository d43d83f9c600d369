import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import type { Notes } from '../mongodb/notes.ts';

const newNote = z.strictObject({ text: z.string().trim().min(1).max(1_000) });

/** Notes, kept in MongoDB. */
export const noteRoutes = (notes: Notes): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/note',
    access: { roles: ['readonly'] },
    summary: 'Lists the last hundred notes.',
    answers: { 200: 'The notes.' },
    handle: async () => ({ status: 200, body: await notes.list() }),
  },
  {
    method: 'POST',
    path: '/api/note',
    access: { roles: ['user'] },
    summary: 'Adds a note.',
    answers: { 201: 'The note.' },
    body: newNote,
    handle: async ({ body }) => ({ status: 201, body: await notes.add(parseInput('body', newNote, body).text) }),
  },
];
