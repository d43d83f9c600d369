import { Secret } from '@palisade/vault/secret';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import * as z from 'zod';
import { presentAs } from './hand-over.ts';
import { consentPage, errorPage, loginPage, pageHeaders } from './pages/pages.ts';
import type { Accounts } from './people/accounts.ts';
import { PasswordsBusy } from './people/password.ts';
import type { RouteParts } from './routes.ts';

const missing = z.object({
  missingOIDCScope: z.array(z.string()).optional(),
  missingOIDCClaims: z.array(z.string()).optional(),
  missingResourceScopes: z.record(z.string(), z.array(z.string())).optional(),
});
const asked = z.object({ client_id: z.string(), redirect_uri: z.string() });
const credentials = z.object({ username: z.string().min(1).max(256), password: z.string().min(1).max(4096) });

const uid = { type: 'object', properties: { uid: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } } } as const;

type Asking = FastifyRequest<{ Params: { uid: string } }>;

/** Forms as a map of texts; a name that comes twice has no value, so that nobody can mean two things. */
export const readForms = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const form = new URLSearchParams(body.toString());
    done(null, Object.fromEntries([...form].filter(([name]) => form.getAll(name).length === 1)));
  });
};

const send = (reply: FastifyReply, status: number, html: string, target?: string): FastifyReply =>
  reply.code(status).headers(pageHeaders(target)).type('text/html; charset=utf-8').send(html);

const pathOf = (request: Asking): string => `/oauth/interaction/${request.params.uid}`;

const gone = (reply: FastifyReply): FastifyReply =>
  send(reply, 400, errorPage('session_not_found', 'Go back to the application and begin again.'));

/** The pages on which people log in and consent. They run no script, and a form of another origin is refused. */
export const interactionRoutes = (app: FastifyInstance, parts: RouteParts & { readonly accounts: Accounts }): void => {
  const { issuer, provider, limits, accounts } = parts;
  readForms(app);
  const limited = { access: 'public', limits: [{ per: 'address', rates: limits.endpoints }] } as const;

  /** The interaction of the browser's cookie, where it is the one of the address. */
  const find = async (request: Asking, reply: FastifyReply) => {
    try {
      const found = await provider().interactionDetails(presentAs(issuer, request, pathOf(request)), reply.raw);
      return found.uid === request.params.uid ? found : undefined;
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return undefined;
      throw error;
    }
  };
  const fromOurPage = (request: Asking): boolean => {
    const { origin } = request.headers;
    return origin === undefined || origin === issuer.origin;
  };
  const finish = async (request: Asking, reply: FastifyReply, result: InteractionResults): Promise<FastifyReply> =>
    reply
      .header('cache-control', 'no-store')
      .redirect(await provider().interactionResult(request.raw, reply.raw, result), 303);
  /** Declares a step that a form takes. */
  const step = (
    name: string,
    prompt: string | undefined,
    rates: RouteParts['limits']['logins'],
    take: (
      request: Asking,
      reply: FastifyReply,
      interaction: NonNullable<Awaited<ReturnType<typeof find>>>,
    ) => Promise<FastifyReply>,
  ): void => {
    app.post<{ Params: { uid: string } }>(
      `/oauth/interaction/:uid/${name}`,
      {
        config: { guard: { access: 'public', limits: [{ per: 'address', rates }], audit: `oauth.${name}` } },
        schema: { params: uid },
      },
      async (request, reply) => {
        if (!fromOurPage(request)) return send(reply, 403, errorPage('access_denied', 'The form is not from here.'));
        const interaction = await find(request, reply);
        if (interaction === undefined || (prompt !== undefined && interaction.prompt.name !== prompt))
          return gone(reply);
        return take(request, reply, interaction);
      },
    );
  };

  app.get<{ Params: { uid: string } }>(
    '/oauth/interaction/:uid',
    { config: { guard: limited }, schema: { params: uid } },
    async (request, reply) => {
      const interaction = await find(request, reply);
      if (interaction === undefined) return gone(reply);
      const { client_id: client, redirect_uri: redirect } = asked.parse(interaction.params);
      const target = new URL(redirect).origin;
      if (interaction.prompt.name === 'login') return send(reply, 200, loginPage(pathOf(request), client), target);
      const { missingOIDCScope = [], missingResourceScopes = {} } = missing.parse(interaction.prompt.details);
      const scopes = new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()]);
      return send(reply, 200, consentPage(pathOf(request), client, [...scopes]), target);
    },
  );

  step('login', 'login', limits.logins, async (request, reply, interaction) => {
    const { client_id: client, redirect_uri: redirect } = asked.parse(interaction.params);
    const again = (status: number, fault: string): FastifyReply =>
      send(reply, status, loginPage(pathOf(request), client, fault), new URL(redirect).origin);
    const form = credentials.safeParse(request.body);
    if (!form.success) return again(400, 'Name and password are needed.');
    try {
      const answer = await accounts.logIn(form.data.username, new Secret(form.data.password));
      if (answer.kind === 'refused') return again(401, 'Invalid credentials');
      if (answer.kind === 'wait') {
        void reply.header('retry-after', String(answer.seconds));
        return again(429, 'Too many attempts. Try again later.');
      }
      return await finish(request, reply, { login: { accountId: answer.account.id, remember: false } });
    } catch (error) {
      if (!(error instanceof PasswordsBusy)) throw error;
      void reply.header('retry-after', '2');
      return again(503, 'Too many people log in just now. Try again.');
    }
  });

  step('consent', 'consent', limits.endpoints, async (request, reply, interaction) => {
    const { prompt, params, session, grantId } = interaction;
    const { Grant } = provider();
    const known = grantId === undefined ? undefined : await Grant.find(grantId);
    const accountId = session?.accountId;
    if (accountId === undefined) return gone(reply);
    const grant = known ?? new Grant({ accountId, clientId: asked.parse(params).client_id });
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes = {} } = missing.parse(prompt.details);
    if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
    if (missingOIDCClaims !== undefined) grant.addOIDCClaims(missingOIDCClaims);
    for (const [resource, scopes] of Object.entries(missingResourceScopes))
      grant.addResourceScope(resource, scopes.join(' '));
    return finish(request, reply, { consent: { grantId: await grant.save() } });
  });

  step('cancel', undefined, limits.endpoints, async (request, reply) =>
    finish(request, reply, { error: 'access_denied', error_description: 'The user cancelled.' }),
  );
};
