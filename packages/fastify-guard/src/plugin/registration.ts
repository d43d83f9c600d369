import type { FastifyInstance } from 'fastify';
import { type RouteAccess, settlePolicy } from '../access/policy.ts';
import { GuardError } from '../errors.ts';
import { type Settings, surroundingsOf } from './settings.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route without it does not boot. */
    guard?: RouteAccess;
  }
}

/** Checks every route as it is declared, so that the application does not boot with one that nobody decided about. */
export const checkRoutes = (app: FastifyInstance, settings: Settings): void => {
  const early = app.printRoutes({ commonPrefix: false });
  // A hook sees only the routes after it.
  if (early !== '(empty tree)')
    throw new GuardError('guard/route-declared-early', `there are routes that the guard has not seen:\n${early}`);
  const surroundings = surroundingsOf(settings);
  const declared = new Map(Object.entries(settings.options.routes ?? {}));
  const unused = new Set(declared.keys());
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      const name = `${method} ${route.url}`;
      const fromOptions = declared.get(name) ?? (method === 'HEAD' ? declared.get(`GET ${route.url}`) : undefined);
      unused.delete(name);
      if (fromOptions !== undefined && route.config?.guard !== undefined)
        throw new GuardError('guard/route-policy-invalid', `route ${name} is declared twice`);
      const policy = settlePolicy(method, route.url, route.config?.guard ?? fromOptions, surroundings);
      settings.policies.set(name, policy);
    }
  });
  app.addHook('onReady', async () => {
    const [name] = unused;
    if (name !== undefined)
      throw new GuardError('guard/route-missing', `the option routes declares ${name}, and there is no such route`);
  });
};
