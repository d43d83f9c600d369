import type { Route } from '../http/route.ts';
import { openApiOf } from './openapi.ts';

/** What a developer likes to have and an attacker too; in the hardened posture none of it exists. */
export const developmentRoutes = (documented: readonly Route[]): readonly Route[] => [
  {
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    summary: 'This document.',
    answers: { 200: 'It.' },
    handle: async () => ({ status: 200, body: openApiOf(documented) }),
  },
  {
    method: 'GET',
    path: '/docs',
    access: 'public',
    summary: 'The routes, for people.',
    answers: { 200: 'A page.' },
    handle: async () => ({
      status: 200,
      contentType: 'text/html; charset=utf-8',
      body: `<!doctype html><title>Reference API</title><h1>Reference API</h1><ul>${documented
        .map((route) => `<li><code>${route.method} ${route.path}</code> ${route.summary}</li>`)
        .join('')}</ul>`,
    }),
  },
  {
    method: 'GET',
    path: '/debug',
    access: 'public',
    summary: 'The inside of the process.',
    answers: { 200: 'It.' },
    handle: async () => ({
      status: 200,
      body: {
        versions: process.versions,
        memory: process.memoryUsage(),
        uptime: process.uptime(),
        workingDirectory: process.cwd(),
        // Names alone: that they are told at all is the fault that is shown here.
        environment: Object.keys(process.env).toSorted(),
      },
    }),
  },
];
