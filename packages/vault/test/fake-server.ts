import { type Server, createServer } from 'node:http';
import type { Server as TcpServer } from 'node:net';
import { Secret, type VaultClientOptions, createVaultClient } from '../src/index.ts';

/** Starts a server on a free loopback port; gives its address. */
export const listen = (server: Server | TcpServer): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });

/**
 * A fake: a server that gives these answers in turn, the last one again and again, and notes what it was asked. For what
 * a real server only answers in trouble that is hard to make.
 */
export const startFake = async (
  answers: readonly {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: { readonly [name: string]: string };
  }[],
  more: Partial<VaultClientOptions> = {},
) => {
  const requests: {
    readonly method: string;
    readonly url: string;
    readonly token: string | undefined;
    readonly namespace: unknown;
  }[] = [];
  const server = createServer((request, response) => {
    const token = request.headers['x-vault-token'];
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      token: Array.isArray(token) ? token[0] : token,
      namespace: request.headers['x-vault-namespace'],
    });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    response.writeHead(answer?.status ?? 500, { ...answer?.headers });
    request.resume().once('end', () => response.end(answer?.body === undefined ? '' : JSON.stringify(answer.body)));
  });
  const address = await listen(server);
  const client = createVaultClient({
    address,
    plaintext: true,
    token: new Secret('canary-token'),
    retry: { firstPause: 5 },
    ...more,
  });
  return {
    requests,
    client,
    close: async () => {
      await client.close();
      server.close();
      server.closeAllConnections();
    },
  };
};
