import type { FastifyInstance, RouteOptions } from 'fastify';
import { settlePolicy, settledPolicy } from '../access/policy.ts';
import { GuardError } from '../errors.ts';
import { type Settings, surroundingsOf } from './settings.ts';

/** How many routes a tree has as Fastify prints it: each line ends with the methods, and constraints where there are some. */
const countRoutes = (tree: string): number =>
  [...tree.matchAll(/ \(([A-Z, -]+)\)(?: \{.*\})?$/gm)].reduce(
    (sum, [, methods = '']) => sum + methods.split(',').length,
    0,
  );

/**
 * Fastify makes two routes and tells of one: of the root of a plug-in with a prefix, with and without a slash at the end, and of
 * an optional parameter at the end (`/page/:id?`), with and without it.
 */
const copies = (route: RouteOptions & { readonly routePath: string; readonly prefix: string }): 1 | 2 => {
  const isRoot = route.routePath === '' && route.prefix !== '' && (route.prefixTrailingSlash ?? 'both') === 'both';
  return isRoot || /\/:[^/()]*\?\/?$/.test(route.url) ? 2 : 1;
};

/** Checks every route as it is declared, so that the application does not boot with one that nobody decided about. */
export const checkRoutes = (app: FastifyInstance, settings: Settings): void => {
  const surroundings = surroundingsOf(settings);
  const declared = new Map(Object.entries(settings.options.routes ?? {}));
  const unused = new Set(declared.keys());
  let seen = 0;
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat();
    seen += methods.length * copies(route);
    const settled = methods.map((method) => {
      const name = `${method} ${route.url}`;
      const fromOptions = declared.get(name) ?? (method === 'HEAD' ? declared.get(`GET ${route.url}`) : undefined);
      unused.delete(name);
      if (fromOptions !== undefined && route.config?.guard !== undefined)
        throw new GuardError('guard/route-policy-invalid', `route ${name} is declared twice`);
      return [method, settlePolicy(method, route.url, route.config?.guard ?? fromOptions, surroundings)] as const;
    });
    settings.policies.push(...settled.map(([, policy]) => policy));
    route.config = { ...route.config, [settledPolicy]: new Map(settled) };
  });
  app.addHook('onReady', async () => {
    const [name] = unused;
    if (name !== undefined)
      throw new GuardError('guard/route-missing', `the option routes declares ${name}, and there is no such route`);
    // A hook sees no route that was declared before it, and none of a plug-in that was made before it.
    const tree = app.printRoutes({ commonPrefix: false });
    if (countRoutes(tree) > seen)
      throw new GuardError('guard/route-declared-early', `the guard has not seen one of these routes:\n${tree}`);
  });
};
