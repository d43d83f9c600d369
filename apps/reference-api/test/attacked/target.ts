import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Issuance } from '../../../../packages/fastify-guard/test/tokens.ts';
import { gatewayProject, startGateway } from '../../../../packages/palisade/src/services/nginx/testing/gateway.ts';
import { freePort, until } from '../../src/testing/children.ts';
import { type Api, openHardened } from '../../src/testing/playground.ts';
import { openNeighbours } from '../neighbours/open.ts';
import { type Call, callerOf } from './call.ts';
import { openIssuer } from './issuer.ts';
import { stealKeys } from './stolen-keys.ts';

/** One way to the API. */
export interface Way {
  readonly name: 'directly' | 'through nginx';
  readonly port: number;
  readonly call: Call;
}

/** The hardened API with its gateway in front, TLS on both sides, as attackers find them. */
export interface Target extends AsyncDisposable {
  readonly directory: string;
  readonly api: Api;
  readonly direct: Way;
  readonly gateway: Way;
  readonly ways: readonly Way[];
  /** Port of the gateway's plain HTTP, which redirects. */
  readonly plainPort: number;
  /** With what its tokens are made: the issuer's private keys too. */
  readonly issuance: Issuance;
  /** Path of the certificate of the authority that signed its own. */
  readonly authorityFile: string;
  /** Fails where a request has made the API fail or end. */
  readonly checkUnharmed: () => Promise<void>;
}

const bundled = new URL('../../../../stack/configs/nginx/nginx.conf', import.meta.url);

/** The two services of the bundled stack that are attacked. */
const compose = gatewayProject('reference-api');

/**
 * Starts PostgreSQL, Vault, the API, and nginx with the hardened configuration that its kind makes of the bundled one. The API
 * believes what nginx says about the caller's address, and nobody else. It gives out tokens itself, or takes those of an issuer
 * that is started beside it. With neighbours it has all of its routes, and MySQL, MongoDB, Redis and RabbitMQ are started for them.
 */
export const openTarget = async ({
  issuer: whose = 'own',
  neighbours: called = false,
}: { readonly issuer?: 'own' | 'outside'; readonly neighbours?: boolean } = {}): Promise<Target> => {
  await using opening = new AsyncDisposableStack();
  const ground = opening.adopt(await openHardened(), ({ close }) => close());
  const { directory, authority } = ground;
  const outside = whose === 'own' ? undefined : opening.use(await openIssuer(authority, directory));
  const neighbours = called ? opening.use(await openNeighbours(ground)) : undefined;
  const port = await freePort();
  const nginx = opening.use(
    await startGateway({
      directory: join(directory, 'gateway'),
      compose,
      configuration: await readFile(bundled, 'utf8'),
      upstream: port,
      authority: {
        file: authority.certificate,
        issue: ({ directory: target, name }) => authority.issue(target, { name }),
      },
    }),
  );
  const origin = `https://localhost:${nginx.port(8443)}`;
  const api = await ground.startApi({
    PORT: String(port),
    PUBLIC_ORIGIN: origin,
    TRUSTED_PROXIES: '127.0.0.1/32',
    ...neighbours?.environment,
    // The issuer's certificate is of the tests' own authority.
    ...(outside === undefined ? {} : { OIDC_ISSUER: outside.url, NODE_EXTRA_CA_CERTS: authority.certificate }),
  });
  const issuance = outside === undefined ? await stealKeys(api.environment) : outside.issuance(origin);
  const pem = await readFile(authority.certificate, 'utf8');
  const direct: Way = { name: 'directly', port, call: callerOf(port, pem) };
  const gateway: Way = {
    name: 'through nginx',
    port: nginx.port(8443),
    call: callerOf(nginx.port(8443), pem),
  };
  await until(async () => (await direct.call('/ready')).status === 200, api.output);
  const opened = opening.move();
  return {
    directory,
    api,
    direct,
    gateway,
    ways: [direct, gateway],
    plainPort: nginx.port(8080),
    issuance,
    authorityFile: authority.certificate,
    checkUnharmed: async () => {
      assert.equal(api.process.exitCode, null, 'the API has ended');
      assert.equal(nginx.child.exitCode, null, 'nginx has ended');
      assert.equal((await direct.call('/health')).status, 200);
      // Pino's levels: 50 is an error, 60 is fatal.
      assert.doesNotMatch(api.output(), /"level":(?:50|60)/);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};
