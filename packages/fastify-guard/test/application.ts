import type { TestContext } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import { type Guard, type GuardOptions, createGuard } from '../src/index.ts';
import { audience, issuer, keys } from './tokens.ts';

/** One issuer with a key of each kind. */
export const tokens = {
  issuers: [
    {
      issuer,
      audience,
      algorithms: ['ES256', 'RS256', 'EdDSA'],
      keys: {
        local: [
          { id: 'p256', key: keys.p256.publicKey },
          { id: 'rsa', key: keys.rsa.publicKey },
          { id: 'ed25519', key: keys.ed25519.publicKey },
        ],
      },
    },
  ],
} as const satisfies GuardOptions['tokens'];

/** Roles as on a page that compares them for equality, with the hierarchy that it lacks. */
export const roles = { admin: ['user'], user: ['readonly'], readonly: [] } as const;

/** A guarded application that is closed after the test. */
export const application = async (
  context: TestContext,
  options: GuardOptions,
  declare: (app: FastifyInstance, guard: Guard) => void | Promise<void>,
): Promise<{ readonly app: FastifyInstance; readonly guard: Guard }> => {
  const guard = createGuard(options);
  const app: FastifyInstance = Fastify({ ...guard.fastify });
  context.after(() => app.close());
  await app.register(guard.plugin);
  await declare(app, guard);
  await app.ready();
  return { app, guard };
};

/** Listens on a free port; gives its address. */
export const listen = async (app: FastifyInstance): Promise<string> => app.listen({ host: '127.0.0.1', port: 0 });
