import type { OpenApiSecurity } from '@palisade/fastify-guard';
import * as z from 'zod';
import type { Route } from '../http/route.ts';

/** `/api/user/:id` as `/api/user/{id}`. */
const templateOf = (path: string): string => path.replaceAll(/:(\w+)/gu, '{$1}');

const parametersOf = (route: Route): readonly object[] => {
  if (route.params === undefined) return [];
  const { properties = {} } = z.toJSONSchema(route.params, { io: 'input', target: 'openapi-3.0' });
  return [...route.path.matchAll(/:(\w+)/gu)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? {},
  }));
};

interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, object>>;
}

/** What the route itself answers, with errors as problems where there is a guard that describes those. */
const responsesOf = (route: Route, security: OpenApiSecurity | undefined): Readonly<Record<string, Response>> => {
  const general = {
    ...(route.params === undefined && route.body === undefined ? {} : { 400: 'The request is not valid.' }),
    ...(route.body === undefined ? {} : { 413: 'The body is too large.', 415: 'The body is no JSON.' }),
  };
  const problems =
    security === undefined
      ? undefined
      : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(
    Object.entries({ ...general, ...route.answers }).map(([status, description]) => {
      const result = route.results?.[Number(status)];
      const content =
        result === undefined
          ? Number(status) < 400
            ? undefined
            : problems
          : { 'application/json': { schema: z.toJSONSchema(result, { io: 'output' }) } };
      return [status, { description, ...(content === undefined ? {} : { content }) }];
    }),
  );
};

/** Both, and where both answer with one status, either body. */
const merged = (
  own: Readonly<Record<string, Response>>,
  guards: Readonly<Record<string, Response>>,
): Readonly<Record<string, Response>> => ({
  ...own,
  ...Object.fromEntries(
    Object.entries(guards).map(([status, answer]) => {
      const content = own[status]?.content;
      return [status, content === undefined ? answer : { ...answer, content: { ...content, ...answer.content } }];
    }),
  ),
});

const operationOf = (route: Route, security: OpenApiSecurity | undefined): object => {
  const guarded = security?.paths[templateOf(route.path)]?.[route.method.toLowerCase()];
  const parameters = parametersOf(route);
  return {
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: z.toJSONSchema(route.body, { io: 'input' }) } },
          },
        }),
    ...(guarded === undefined ? {} : { security: guarded.security }),
    responses: merged(responsesOf(route, security), guarded?.responses ?? {}),
  };
};

/** An OpenAPI 3.1 document of a table of routes, with what the guard knows of them where there is one. */
export const openApiOf = (routes: readonly Route[], security?: OpenApiSecurity): object => ({
  openapi: '3.1.0',
  info: { title: 'Reference API', version: '1' },
  ...(security === undefined ? {} : { components: security.components }),
  paths: Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => templateOf(path))].map(([path, methods]) => [
      path,
      Object.fromEntries(methods.map((route) => [route.method.toLowerCase(), operationOf(route, security)])),
    ]),
  ),
});

/** The document of the hardened service, for those who may call it. */
export const documentRoute = (document: () => object): Route => ({
  method: 'GET',
  path: '/api/openapi.json',
  access: { roles: ['readonly'] },
  summary: 'This document.',
  answers: { 200: 'It.' },
  handle: async () => ({ status: 200, body: document() }),
});
