import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Identity } from './authority.ts';

/** A stand-in for Vault that knows one role and the given secrets. */
export interface FakeVault extends AsyncDisposable {
  readonly port: number;
  readonly roleId: string;
  readonly secretId: string;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

const respond = (response: ServerResponse, status: number, content: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? '' : JSON.stringify(content));
};

/** Serves the three requests of an init script over TLS. */
export const startFakeVault = async (
  identity: Identity,
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<FakeVault> => {
  const [roleId, secretId, token] = ['role-of-the-test', 'secret-of-the-test', 'token-of-the-test'];
  const server: Server = createServer({ cert: identity.cert, key: identity.key }, (request, response) => {
    void bodyOf(request).then((body) => {
      if (request.url === '/v1/auth/approle/login')
        return body === JSON.stringify({ role_id: roleId, secret_id: secretId })
          ? respond(response, 200, { auth: { client_token: token } })
          : respond(response, 400, { errors: [] });
      if (request.headers['x-vault-token'] !== token) return respond(response, 403, { errors: [] });
      if (request.url === '/v1/auth/token/revoke-self') return respond(response, 204, undefined);
      const secret = secrets[request.url?.replace('/v1/secret/data/', '') ?? ''];
      return secret === undefined
        ? respond(response, 404, { errors: [] })
        : respond(response, 200, { data: { data: secret, metadata: {} } });
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    roleId,
    secretId,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
