import assert from 'node:assert/strict';
import { type Reply, type Sending, callerOf } from './browser.ts';
import { type TestClient, addWebClient, basic } from './flow.ts';
import { type Ground, openGround, redirectUri } from './ground.ts';

/** An authorization server, the clients that are registered with it, and ways to call it. */
export interface Cast {
  readonly ground: Ground;
  /** A web application with all scopes. */
  readonly web: TestClient;
  /** Another one, which has nothing to do with the first. */
  readonly other: TestClient;
  /** One that may read alone. */
  readonly reader: TestClient;
  /** A program without a person: its role is admin, its scope is read. */
  readonly robot: TestClient;
  /** A page in a browser, which keeps no secret. */
  readonly page: TestClient;
  readonly call: (path: string, sending?: Sending) => Promise<Reply>;
  /** Status of a route of the service that asks for a role. */
  readonly api: (role: string, token: string) => Promise<number>;
  readonly refresh: (token: string, more?: Record<string, string>, client?: TestClient) => Promise<Reply>;
  /** Closes the server. Fails where a request has made it fail. */
  readonly close: () => Promise<void>;
}

/** Opens the server and registers the clients. */
export const openCast = async (): Promise<Cast> => {
  const ground = await openGround();
  const call = callerOf(ground);
  const web = await addWebClient(ground, 'web');
  const other = await addWebClient(ground, 'other');
  const reader = await addWebClient(ground, 'reader', ['openid', 'read']);
  const robot = {
    id: 'robot',
    ...(await ground.server.clients.add({
      id: 'robot',
      authentication: 'client_secret_post',
      redirectUris: [],
      grants: ['client_credentials'],
      scopes: ['read'],
      role: 'admin',
    })),
  };
  const page = {
    id: 'page',
    ...(await ground.server.clients.add({
      id: 'page',
      authentication: 'none',
      redirectUris: [redirectUri],
      grants: ['authorization_code', 'refresh_token'],
    })),
  };
  return {
    ground,
    web,
    other,
    reader,
    robot,
    page,
    call,
    api: async (role, token) => (await call(`/api/${role}`, { headers: { authorization: `Bearer ${token}` } })).status,
    refresh: (token, more = {}, client = web) =>
      call('/oauth/token', {
        headers: basic(client),
        form: { grant_type: 'refresh_token', refresh_token: token, ...more },
      }),
    close: async () => {
      await ground.close();
      assert.deepEqual(ground.failures, [], 'no abuse makes the server fail');
    },
  };
};
