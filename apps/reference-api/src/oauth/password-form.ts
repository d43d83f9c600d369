import { Secret } from '@palisade/vault/secret';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { readForms } from './interaction.ts';
import { lives } from './lives.ts';
import type { Accounts } from './people/accounts.ts';
import { PasswordsBusy } from './people/password.ts';
import { rolesOf } from './roles.ts';
import type { OAuthLimits } from './routes.ts';
import { type TokenParts, signAccessToken } from './structured-tokens.ts';

const form = z.object({
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(4096),
  grant_type: z.literal('password').optional(),
});

/** `client_id` of tokens that the form gave. */
const client = 'password-form';

/**
 * `POST /token` with name and password, for old clients alone: every one of them sees the password, and none of them can ask for
 * a second factor (RFC 9700 section 2.4 forbids it).
 */
export const passwordForm = (
  app: FastifyInstance,
  parts: TokenParts & {
    readonly accounts: Accounts;
    readonly limits: OAuthLimits;
    readonly ready: () => Promise<void>;
  },
): void => {
  readForms(app);
  app.post(
    '/token',
    {
      config: {
        guard: {
          access: 'public',
          limits: [{ per: 'address', rates: parts.limits.logins }],
          audit: 'oauth.password-form',
        },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      const given = form.safeParse(request.body);
      if (!given.success)
        return reply
          .code(400)
          .send({ error: 'invalid_request', error_description: 'username and password are needed' });
      await parts.ready();
      try {
        const answer = await parts.accounts.logIn(given.data.username, new Secret(given.data.password));
        if (answer.kind === 'wait')
          return await reply
            .code(429)
            .header('retry-after', String(answer.seconds))
            .send({ error: 'invalid_grant', error_description: 'Too many attempts' });
        if (answer.kind === 'refused')
          return await reply
            .code(401)
            .header('www-authenticate', 'Bearer')
            .send({ error: 'invalid_grant', error_description: 'Invalid credentials', detail: 'Invalid credentials' });
        const { id, role } = answer.account;
        const token = await signAccessToken(parts, {
          subject: id,
          client,
          roles: rolesOf(role, 'write'),
          life: lives.accessToken,
        });
        return await reply.send({ access_token: token, token_type: 'bearer', expires_in: lives.accessToken });
      } catch (error) {
        if (!(error instanceof PasswordsBusy)) throw error;
        return reply.code(503).header('retry-after', '2').send({ error: 'temporarily_unavailable' });
      }
    },
  );
};
