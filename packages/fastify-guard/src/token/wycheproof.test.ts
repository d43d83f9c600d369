import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import test from 'node:test';
import { jwsVectors } from '../../test/wycheproof.ts';
import { type Algorithm, fitOf, isAlgorithm, isSymmetric } from './algorithms.ts';
import { parseJws } from './compact.ts';
import { algorithmsOfJwk, publicKeyOfJwk } from './keys.ts';
import { isSignedBy } from './signature.ts';

const everyAlgorithm: readonly string[] = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** What the guard's own parts say of a signature: the gate, the key and what it may verify, the signature. */
const accepts = async (jws: string, jwk: Readonly<Record<string, unknown>>): Promise<boolean> => {
  const parsed = parseJws(jws);
  if (parsed === undefined || !isAlgorithm(parsed.algorithm)) return false;
  const { alg, k } = jwk;
  // An issuer allows what its key is for; where the key does not say, whatever fits it.
  const allowed = everyAlgorithm.filter(isAlgorithm).filter((name) => alg === undefined || name === alg);
  const { algorithm } = parsed;
  if (typeof k === 'string') {
    const key = createSecretKey(Buffer.from(k, 'base64url'));
    const fits = (name: Algorithm): boolean => isSymmetric(name) && fitOf(key, name) === 'fits';
    return allowed.filter(fits).includes(algorithm) && isSignedBy(jws, key, algorithm);
  }
  const key = publicKeyOfJwk(jwk);
  if (key === undefined || !algorithmsOfJwk(jwk, key, allowed).includes(algorithm)) return false;
  return isSignedBy(jws, key, algorithm);
};

/** Called valid, with a key whose `alg` is another one than the token's: PS256 for PS384, and ES521, which does not exist. */
const namedWrongly: readonly number[] = [346, 347, 350, 351];
/** Called invalid, and byte for byte `sound`, which is called valid. */
const copies: readonly number[] = [367, 370];
/** Called valid, with a character that base64url does not have (RFC 7515 section 2); without it they are `sound`. */
const misspelled: readonly number[] = [372, 373];
const sound = 357;

test('judges every vector of C2SP/wycheproof, those of contradictory labels by what they contradict', async (context) => {
  const groups = await jwsVectors();
  if (typeof groups === 'string') return context.skip(groups);
  const all = groups.flatMap(({ jwk, vectors }) => vectors.map((vector) => ({ ...vector, jwk })));
  assert.equal(all.length, 401);
  const good = all.find(({ id }) => id === sound);
  assert.ok(good?.valid === true);
  const foreign = /[^\w.-]/;

  for (const { id, jws, jwk, valid } of all) {
    const accepted = await accepts(jws, jwk);
    if (namedWrongly.includes(id)) {
      const { alg, ...key } = jwk;
      assert.deepEqual(
        [valid, accepted, await accepts(jws, key)],
        [true, false, true],
        `${id}, without ${String(alg)}`,
      );
    } else if (copies.includes(id)) {
      assert.deepEqual([valid, accepted, jws, jwk], [false, true, good.jws, good.jwk], String(id));
    } else if (misspelled.includes(id)) {
      assert.deepEqual([valid, accepted, jws.replace(foreign, ''), jwk], [true, false, good.jws, good.jwk], String(id));
      assert.match(jws, foreign);
    } else assert.equal(accepted, valid, String(id));
  }
});
