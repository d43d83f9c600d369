import * as z from 'zod';
import { messageOf } from '../../../support/errors.ts';
import { type DeclaredAccess, accessOf, securityRequirements } from './access.ts';

/** A route as the service itself documents it, with every parameter filled in. */
export interface DocumentedRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** The path with its first parameter filled with what no parameter expects; absent where it has none. */
  readonly badPath?: string;
  /** True where the route says that it takes JSON. */
  readonly takesJson: boolean;
  readonly access: DeclaredAccess;
}

/** More routes than are tried; the first ones stand for the rest. */
const mostRoutes = 40;

const operation = z.object({
  requestBody: z.object({ content: z.record(z.string(), z.unknown()).optional() }).optional(),
  security: securityRequirements.optional(),
});
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const document = z.object({
  servers: z.array(z.object({ url: z.string() })).optional(),
  basePath: z.string().optional(),
  security: securityRequirements.optional(),
  paths: z.record(
    z.string(),
    z.object({
      get: operation.optional(),
      post: operation.optional(),
      put: operation.optional(),
      patch: operation.optional(),
      delete: operation.optional(),
    }),
  ),
});

const parse = (text: string): z.output<typeof document> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    const parsed = document.safeParse(value);
    return parsed.success ? parsed.data : undefined;
  } catch (thrown) {
    // A page instead of a document; what JSON.parse says of it does not matter.
    void messageOf(thrown);
    return undefined;
  }
};

const parameter = /\{[^}]+\}/;
const upperCase = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;

/** The routes of an OpenAPI 3 or Swagger 2 document in JSON; undefined where the text is none. */
export const routesOf = (text: string): readonly DocumentedRoute[] | undefined => {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  const server = parsed.servers?.[0]?.url ?? parsed.basePath ?? '';
  const base = URL.canParse(server) ? new URL(server).pathname : server;
  return Object.entries(parsed.paths)
    .flatMap(([template, operations]): readonly DocumentedRoute[] => {
      const whole = `${base.replace(/\/$/, '')}${template}`;
      if (!/^\/[\w./{}~:@!$&'()*+,;=-]*$/.test(whole)) return [];
      const path = whole.replaceAll(new RegExp(parameter, 'g'), '1');
      const bad = parameter.test(whole)
        ? { badPath: whole.replace(parameter, '%27x').replaceAll(new RegExp(parameter, 'g'), '1') }
        : {};
      return methods.flatMap((name) => {
        const found = operations[name];
        if (found === undefined) return [];
        const takesJson = Object.keys(found.requestBody?.content ?? {}).some((type) => /\bjson\b/i.test(type));
        const access = accessOf(found.security, parsed.security);
        return [{ method: upperCase[name], path, takesJson, access, ...bad } as const];
      });
    })
    .slice(0, mostRoutes);
};
