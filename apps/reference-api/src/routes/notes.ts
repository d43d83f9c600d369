import * as z from 'zod';
import { type Route, parseInput } from '../http/route.ts';
import { paragraphsOf } from './text.ts';
import type { Notes } from '../mongodb/notes.ts';

const newNote = z.strictObject({ text: paragraphsOf(1_000) });
const note = z.object({ id: z.string(), text: z.string() });

/** Notes, kept in MongoDB. */
export const noteRoutes = (notes: Notes): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/note',
    access: { roles: ['readonly'] },
    summary: 'Lists the last hundred notes.',
    answers: { 200: 'The notes.' },
    results: { 200: z.array(note) },
    handle: async () => ({ status: 200, body: await notes.list() }),
  },
  {
    method: 'POST',
    path: '/api/note',
    access: { roles: ['user'] },
    summary: 'Adds a note.',
    answers: { 201: 'The note.' },
    results: { 201: note },
    body: newNote,
    handle: async ({ body }) => ({ status: 201, body: await notes.add(parseInput('body', newNote, body).text) }),
  },
];
