import * as z from 'zod';
import { messageOf } from '../../../support/errors.ts';

/** A route as the service itself documents it, with every parameter filled in. */
export interface DocumentedRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The path with its first parameter filled with what no parameter expects; absent where it has none. */
  readonly badPath?: string;
  /** True where the route says that it takes JSON. */
  readonly takesJson: boolean;
}

/** More routes than are tried; the first ones stand for the rest. */
const mostRoutes = 40;

const operation = z.object({
  requestBody: z.object({ content: z.record(z.string(), z.unknown()).optional() }).optional(),
});
const document = z.object({
  servers: z.array(z.object({ url: z.string() })).optional(),
  basePath: z.string().optional(),
  paths: z.record(z.string(), z.object({ get: operation.optional(), post: operation.optional() })),
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

/** The routes of an OpenAPI 3 or Swagger 2 document in JSON; undefined where the text is none. */
export const routesOf = (text: string): readonly DocumentedRoute[] | undefined => {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  const server = parsed.servers?.[0]?.url ?? parsed.basePath ?? '';
  const base = URL.canParse(server) ? new URL(server).pathname : server;
  return Object.entries(parsed.paths)
    .flatMap(([template, methods]): readonly DocumentedRoute[] => {
      const whole = `${base.replace(/\/$/, '')}${template}`;
      if (!/^\/[\w./{}~:@!$&'()*+,;=-]*$/.test(whole)) return [];
      const path = whole.replaceAll(new RegExp(parameter, 'g'), '1');
      const bad = parameter.test(whole)
        ? { badPath: whole.replace(parameter, '%27x').replaceAll(new RegExp(parameter, 'g'), '1') }
        : {};
      return (['get', 'post'] as const).flatMap((name) => {
        const found = methods[name];
        if (found === undefined) return [];
        const takesJson = Object.keys(found.requestBody?.content ?? {}).some((type) => /\bjson\b/i.test(type));
        return [{ method: name === 'get' ? 'GET' : 'POST', path, takesJson, ...bad } as const];
      });
    })
    .slice(0, mostRoutes);
};
