import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { type Issuance, keys } from '../../../../packages/fastify-guard/test/tokens.ts';
import type { Authority } from '../../src/testing/certificates.ts';

/** An issuer of tokens outside of the API, whose private keys the tests hold. */
export interface OutsideIssuer extends AsyncDisposable {
  readonly url: string;
  /** What tokens for an audience are made of. */
  readonly issuance: (audience: string) => Issuance;
}

const published = [
  { kid: 'p256', alg: 'ES256', key: keys.p256.publicKey },
  { kid: 'rsa', alg: 'RS256', key: keys.rsa.publicKey },
  { kid: 'ed25519', alg: 'EdDSA', key: keys.ed25519.publicKey },
].map(({ kid, alg, key }) => ({ ...createPublicKey(key).export({ format: 'jwk' }), kid, alg, use: 'sig' }));

/** Publishes a key set over TLS on loopback, as OpenID Connect Discovery 1.0 section 4 says. */
export const openIssuer = async (authority: Authority, directory: string): Promise<OutsideIssuer> => {
  const certificates = join(directory, 'issuer');
  await authority.issue(certificates, { name: 'issuer' });
  const [cert, key] = await Promise.all(['cert.pem', 'key.pem'].map((name) => readFile(join(certificates, name))));
  let url = '';
  const server = createServer({ ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) });
  server.on('request', (request, response) => {
    const documents: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/jwks` },
      '/jwks': { keys: published },
    };
    const found = documents[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');
  url = `https://localhost:${address.port}`;
  return {
    url,
    issuance: (audience) => ({ issuer: url, audience, kid: 'p256', keys }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
