import type { RouteAccess } from '@palisade/fastify-guard';
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';

const text = { type: 'string' } as const;
const number = { type: 'integer' } as const;

/** The options of a route: a response schema, and who may call it where there is a guard. */
const options = (
  access: RouteAccess | undefined,
  properties: Readonly<Record<string, object>>,
  status = 200,
): RouteShorthandOptions => ({
  ...(access === undefined ? {} : { config: { guard: access } }),
  schema: { response: { [status]: { type: 'object', properties } } },
});

const note = {
  type: 'object',
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 100 },
    text: { type: 'string', maxLength: 1000 },
    tags: { type: 'array', items: { type: 'string', maxLength: 20 }, maxItems: 10 },
  },
  required: ['title', 'text', 'tags'],
  additionalProperties: false,
} as const;

interface Note {
  readonly title: string;
  readonly text: string;
  readonly tags: readonly string[];
}

/** Who is let in, route by route, where there is a guard; bare Fastify lets in everybody. */
export interface Access {
  readonly [route: string]: RouteAccess;
}

/** Adds the routes. `subjectOf` says who calls. */
export const addRoutes = (
  app: FastifyInstance,
  access: Access,
  subjectOf: (request: FastifyRequest) => string,
): void => {
  const user = { subject: text, plan: text };
  app.get(
    '/public',
    options(access['/public'], { service: text, version: text, ready: { type: 'boolean' } }),
    async () => ({ service: 'bench', version: '1.0.0', ready: true }),
  );
  app.get('/me', options(access['/me'], user), async (request) => ({ subject: subjectOf(request), plan: 'free' }));
  app.get('/limited', options(access['/limited'], user), async (request) => ({
    subject: subjectOf(request),
    plan: 'free',
  }));
  app.get('/admin', options(access['/admin'], { users: number, locked: number }), async () => ({
    users: 3,
    locked: 0,
  }));
  app.get('/exhausted', options(access['/exhausted'], { ready: { type: 'boolean' } }), async () => ({ ready: true }));
  const created = options(access['/notes'], { id: number, title: text, tags: number }, 201);
  app.post<{ Body: Note }>(
    '/notes',
    { ...created, schema: { ...created.schema, body: note } },
    async ({ body }, reply) => {
      void reply.code(201);
      return { id: 1, title: body.title, tags: body.tags.length };
    },
  );
  app.delete('/users/:id', options(access['/users'], {}), async (_request, reply) => reply.code(204).send());
};
