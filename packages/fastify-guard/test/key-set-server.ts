import { createPublicKey } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { TestContext } from 'node:test';

/** A real HTTP server that publishes keys, and can fail in ways that servers fail. */
export interface KeySetServer {
  readonly url: string;
  readonly asked: () => number;
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

/** A JWK of a public key in PEM. */
export const jwk = (pem: string, kid: string): object => ({
  ...createPublicKey(pem).export({ format: 'jwk' }),
  kid,
  use: 'sig',
});

/** Starts a server on a free port; it is closed after the test. */
export const startKeySetServer = async (context: TestContext): Promise<KeySetServer> => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  const state: KeySetServer = {
    url: `http://127.0.0.1:${address.port}`,
    asked: () => asked,
    answer: (_request, response) => {
      response.end('{"keys":[]}');
    },
  };
  return state;
};
