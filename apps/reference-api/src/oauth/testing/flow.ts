import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '@palisade/vault/secret';
import { type Reply, callerOf, createBrowser } from './browser.ts';
import { type Ground, type Outside, redirectUri } from './ground.ts';

/** A client that was registered for a test. */
export interface TestClient {
  readonly id: string;
  readonly secret: Secret | undefined;
}

/** A client with a secret in the header, which may do everything that people can allow. */
export const addWebClient = async (ground: Ground, id: string, scopes?: readonly string[]): Promise<TestClient> => ({
  id,
  ...(await ground.server.clients.add({
    id,
    authentication: 'client_secret_basic',
    redirectUris: [redirectUri],
    grants: ['authorization_code', 'refresh_token'],
    ...(scopes === undefined ? {} : { scopes }),
  })),
});

/** The header with which it says who it is. */
export const basic = ({ id, secret }: TestClient): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret?.reveal() ?? ''}`).toString('base64')}`,
});

/** The parameters of an authorization request, and the verifier that belongs to them. */
export const authorizationOf = (client: TestClient): { parameters: Record<string, string>; verifier: string } => {
  const verifier = randomBytes(32).toString('base64url');
  return {
    verifier,
    parameters: {
      client_id: client.id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'read',
      state: 'some-state',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    },
  };
};

/** A code as a client gets it, and the form that redeems it. */
export const obtainCode = async (
  ground: Outside,
  client: TestClient,
  changes: Readonly<Record<string, string>> = {},
  name = 'ulf',
): Promise<Record<string, string>> => {
  const { parameters, verifier } = authorizationOf(client);
  const query = new URLSearchParams({ ...parameters, ...changes }).toString();
  const { location } = await createBrowser(ground).authorize(`/oauth/authorize?${query}`, name);
  const code = URL.parse(location ?? '')?.searchParams.get('code');
  if (typeof code !== 'string') throw new Error(`no code: ${location ?? 'a page'}`);
  return { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
};

/** The members of a JSON answer that tests look at. */
export const membersOf = (
  reply: Reply,
): { access_token?: string; refresh_token?: string; error?: string; active?: boolean; scope?: string } =>
  JSON.parse(reply.body === '' ? '{}' : reply.body);

/** Tokens by a code. */
export const obtainTokens = async (
  ground: Outside,
  client: TestClient,
  changes: Readonly<Record<string, string>> = {},
  name = 'ulf',
): Promise<{ readonly access: string; readonly refresh: string }> => {
  const form = await obtainCode(ground, client, changes, name);
  const { access_token: access, refresh_token: refresh } = membersOf(
    await callerOf(ground)('/oauth/token', { form, headers: basic(client) }),
  );
  if (access === undefined || refresh === undefined) throw new Error('no tokens');
  return { access, refresh };
};
