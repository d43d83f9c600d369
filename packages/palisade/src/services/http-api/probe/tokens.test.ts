import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { TokenAnswers, TokenTrick } from '../evidence.ts';
import { bundledService, serve } from '../testing/serve.ts';
import { findIssuer } from './issuer.ts';
import { tryTokens } from './tokens.ts';

const never = new AbortController().signal;

/** The parts of a token as a verifier sees them. */
interface Parts {
  readonly header: { readonly alg?: string; readonly kid?: string; readonly jwk?: JsonWebKey };
  readonly claims: { readonly exp?: number; readonly aud?: string };
  readonly text: string;
  readonly signature: Buffer;
  readonly count: number;
}

const json = (text = ''): object => {
  const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
  return typeof value === 'object' && value !== null ? value : {};
};

const partsOf = (token: string): Parts => {
  const parts = token.split('.');
  return {
    header: json(parts[0]),
    claims: json(parts[1]),
    text: parts.slice(0, 2).join('.'),
    signature: Buffer.from(parts[2] ?? '', 'base64url'),
    count: parts.length,
  };
};

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] };
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();

const hmacFits = ({ text, signature }: Parts, key: string): boolean =>
  createHmac('sha256', key).update(text).digest().equals(signature);

/** Answers as a service that takes a token where a verifier with some mistake takes it, and 401 otherwise. */
const serviceWith =
  (takes: (parts: Parts) => boolean, tokenOf = (request: IncomingMessage) => request.headers.authorization?.slice(7)) =>
  (...[request, response]: Parameters<RequestListener>): void => {
    if (request.url === '/.well-known/openid-configuration')
      return void response.end(
        JSON.stringify({ issuer: 'https://issuer.example', jwks_uri: 'https://issuer.example/keys' }),
      );
    if (request.url === '/keys') return void response.end(JSON.stringify(jwks));
    let isTaken = false;
    try {
      const token = tokenOf(request);
      isTaken = token !== undefined && takes(partsOf(token));
    } catch {
      // No token that can be read.
    }
    if (isTaken) return void response.end('[]');
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
  };

const attack = async (context: TestContext, listener: RequestListener): Promise<TokenAnswers> => {
  const { origin } = await serve(context, listener);
  const issuer = await findIssuer(origin, bundledService(), never);
  return tryTokens(origin, { path: '/api/users', asks: true }, issuer, Date.now(), never);
};

const mistakes: readonly (readonly [string, readonly TokenTrick[], RequestListener])[] = [
  [
    'believes that there is no algorithm, however it is spelled',
    ['no algorithm (none)', 'no algorithm (None)', 'no algorithm (NONE)'],
    serviceWith(({ header, count }) => header.alg?.toLowerCase() === 'none' && count === 3),
  ],
  [
    'takes its public key for the secret of an HMAC',
    ['the public key as an HMAC secret'],
    serviceWith((parts) => parts.header.alg === 'HS256' && hmacFits(parts, pem)),
  ],
  [
    'reads the key from a file that the token names',
    ['an empty HMAC key by a climbing kid'],
    serviceWith((parts) => parts.header.kid?.endsWith('/dev/null') === true && hmacFits(parts, '')),
  ],
  [
    'checks only signatures that are there',
    ['an empty signature', 'two parts alone'],
    serviceWith(({ header, signature }) => header.alg !== 'none' && header.alg === 'RS256' && signature.length === 0),
  ],
  [
    'believes the key in the header',
    ['a key in the header (jwk)'],
    serviceWith(
      ({ header: { jwk }, text, signature }) =>
        jwk !== undefined &&
        verify('sha256', Buffer.from(text), createPublicKey({ key: jwk, format: 'jwk' }), signature),
    ),
  ],
  [
    'looks at the age of a token alone',
    ['an expired one'],
    serviceWith(({ claims }) => (claims.exp ?? Infinity) < Date.now() / 1000),
  ],
  [
    'looks at the audience of a token alone',
    ['one for another audience'],
    serviceWith(({ claims }) => claims.aud === 'https://palisade-probe.example'),
  ],
  [
    'reads tokens from the address',
    ['one in the address (access_token)'],
    serviceWith(
      () => true,
      ({ url = '' }) => new URL(url, 'http://x').searchParams.get('access_token') ?? undefined,
    ),
  ],
];

for (const [mistake, tricks, listener] of mistakes)
  test(`finds a service that ${mistake}`, async (context) => {
    assert.deepEqual((await attack(context, listener)).accepted, tricks);
  });

test('tells of a service that takes none that each was refused', async (context) => {
  const { refused, accepted, broke, unclear, untried, unchallenged, takesBearer } = await attack(
    context,
    serviceWith(() => false),
  );
  assert.equal(refused.length, 16);
  assert.deepEqual([accepted, broke, unclear, untried, unchallenged, takesBearer], [[], [], [], [], 0, true]);
});

test('sends nothing but sixteen tokens, four at once, and says which one needs a key that it did not find', async (context) => {
  const { origin, asked, most } = await serve(context, (_request, response) => {
    response.writeHead(401).end();
  });
  const answers = await tryTokens(origin, { path: '/a', asks: true }, { issuer: 'https://x' }, Date.now(), never);
  assert.deepEqual(answers.untried, ['the public key as an HMAC secret']);
  assert.equal(answers.unchallenged, 16);
  // A stranger before and one behind, and the token that is none.
  assert.equal(asked.length, 14 + 3);
  assert.ok(asked.every((line) => line.startsWith('GET /a')));
  assert.ok(most() <= 4);
});

test('takes 403 for wrong tokens for a refusal, where one that is no token gets the same', async (context) => {
  const { accepted, unclear, refused } = await attack(context, ({ headers }, response) => {
    response.writeHead(headers.authorization === undefined ? 401 : 403).end();
  });
  assert.deepEqual([accepted, unclear, refused.length], [[], [], 15]);
});

test('cannot say of an answer that only some forged tokens get', async (context) => {
  const { accepted, unclear } = await attack(context, ({ headers }, response) => {
    response.writeHead((headers.authorization ?? '').length > 4_000 ? 403 : 401).end();
  });
  assert.deepEqual([accepted, unclear], [[], ['an oversized one']]);
});

test('takes an answer of the handler for a token that was believed', async (context) => {
  const { accepted } = await attack(context, ({ headers }, response) => {
    response.writeHead((headers.authorization ?? '').length > 4_000 ? 404 : 401).end();
  });
  assert.deepEqual(accepted, ['an oversized one']);
});

test('finds tokens that break the service, the one that is none among them', async (context) => {
  const { broke } = await attack(context, ({ headers }, response) => {
    const isToken = (headers.authorization?.split('.').length ?? 3) === 3;
    response.writeHead(isToken ? 401 : 500).end();
  });
  assert.deepEqual(broke, ['no token at all', 'two parts alone', 'the shape of an encrypted one']);
});

/** Ends the connection of some requests without an answer, and refuses the others. */
const cutting =
  (cuts: (authorization: string) => boolean): RequestListener =>
  ({ headers: { authorization = '' } }, response) =>
    cuts(authorization) ? void response.destroy() : void response.writeHead(401).end();

test('takes a cut connection for the refusal of an oversized token', async (context) => {
  const { refused, unclear } = await attack(
    context,
    cutting(({ length }) => length > 10_000),
  );
  assert.deepEqual([refused.includes('an oversized one'), unclear], [true, []]);
});

test('cannot say of a cut connection of any other token', async (context) => {
  const { unclear } = await attack(
    context,
    cutting((authorization) => /^Bearer [^.]+\.[^.]+$/.test(authorization)),
  );
  assert.deepEqual(unclear, ['two parts alone']);
});

test('takes being slowed down for no refusal', async (context) => {
  const { refused, unclear } = await attack(context, (_request, response) => {
    response.writeHead(429).end();
  });
  assert.deepEqual([refused, unclear.length], [[], 15]);
});

test('asks nobody but the service for keys', async (context) => {
  const foreign = await serve(context, (_request, response) => {
    response.end(JSON.stringify(jwks));
  });
  const { origin } = await serve(context, ({ url }, response) => {
    const jwks_uri = `http://127.0.0.1:${foreign.origin.endpoint.port}/keys`;
    if (url === '/.well-known/openid-configuration')
      return void response.end(JSON.stringify({ issuer: 'https://issuer.example', jwks_uri }));
    response.writeHead(404).end();
  });
  assert.deepEqual(await findIssuer(origin, bundledService(), never), { issuer: 'https://issuer.example' });
  assert.deepEqual(foreign.asked, []);
});
