import * as z from 'zod';
import type { Route } from '../http/route.ts';

const describeInput = (route: Route): object => ({
  summary: route.summary,
  ...(route.params === undefined
    ? {}
    : {
        parameters: [...route.path.matchAll(/:(\w+)/gu)].map(([, name]) => ({
          name,
          in: 'path',
          required: true,
          schema: { type: 'integer', minimum: 1 },
        })),
      }),
  ...(route.body === undefined
    ? {}
    : { requestBody: { content: { 'application/json': { schema: z.toJSONSchema(route.body) } } } }),
  responses: { default: { description: 'See the summary.' } },
});

/** An OpenAPI 3.1 document of a table of routes. */
export const openApiOf = (routes: readonly Route[]): object => ({
  openapi: '3.1.0',
  info: { title: 'Reference API', version: '1' },
  paths: Object.fromEntries(
    [...Map.groupBy(routes, (route) => route.path.replaceAll(/:(\w+)/gu, '{$1}'))].map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((route) => [route.method.toLowerCase(), describeInput(route)])),
    ]),
  ),
});

/** What a developer likes to have and an attacker too; in the hardened posture none of it exists. */
export const developmentRoutes = (documented: readonly Route[]): readonly Route[] => [
  {
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    summary: 'This document.',
    handle: async () => ({ status: 200, body: openApiOf(documented) }),
  },
  {
    method: 'GET',
    path: '/docs',
    access: 'public',
    summary: 'The routes, for people.',
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
