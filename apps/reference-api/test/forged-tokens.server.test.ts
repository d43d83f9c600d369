import assert from 'node:assert/strict';
import { suite, test, before, after } from 'node:test';
import { type Forged, forgedTokens } from '../../../packages/fastify-guard/test/forged.ts';
import { tokensOf } from '../../../packages/fastify-guard/test/tokens.ts';
import { jwsVectors } from '../../../packages/fastify-guard/test/wycheproof.ts';
import type { Answer } from './attacked/call.ts';
import { type Target, type Way, openTarget } from './attacked/target.ts';

const bearer = (token: string): { headers: { authorization: string } } => ({
  headers: { authorization: `Bearer ${token}` },
});

/** Who answers for a token that is larger than all headers together may be: the API with 431, nginx itself with 400. */
const largest = 8 * 1024;

const checkRefusal = (way: Way, { name, code = 'token-invalid' }: Forged, token: string, answer: Answer): void => {
  const where = `${name}, ${way.name}: ${answer.status} ${answer.body}`;
  if (token.length > largest) {
    assert.equal(answer.status, way.name === 'directly' ? 431 : 400, where);
    return;
  }
  assert.equal(answer.status, 401, where);
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', where);
  assert.deepEqual(
    JSON.parse(answer.body),
    {
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: code === 'token-expired' ? 'Token expired' : 'Invalid token',
      code,
    },
    where,
  );
  assert.match(String(answer.headers['www-authenticate']), /^Bearer error="invalid_token"/, where);
};

for (const issuer of ['own', 'outside'] as const)
  suite(`with the keys of ${issuer === 'own' ? 'its own authorization server' : 'an issuer outside'}, the API`, () => {
    let target: Target;
    before(async () => {
      target = await openTarget({ issuer });
    });
    after(() => target[Symbol.asyncDispose]());

    test('lets good tokens in on both ways, so that refusals mean something', async () => {
      for (const { call, name } of target.ways) {
        const answer = await call('/api/user', bearer(tokensOf(target.issuance).token()));
        assert.equal(answer.status, 200, `${name}: ${answer.body}`);
        assert.equal(JSON.parse(answer.body).subject, 'alice');
      }
    });

    test('refuses every forged token with the right answer, sent to it and through nginx, and lives on', async () => {
      const forged = forgedTokens(target.issuance);
      assert.ok(forged.length >= 150, `${forged.length} tokens`);
      for (const way of target.ways)
        for (const each of forged) {
          const token = each.token();
          checkRefusal(way, each, token, await way.call('/api/user', bearer(token)));
        }
      await target.checkUnharmed();
    });

    test('takes a good token in no other place than the one where it belongs, by both ways', async () => {
      const good = tokensOf(target.issuance).token();
      const attempts: readonly (readonly [
        name: string,
        status: number,
        path: string,
        headers: Record<string, string>,
      ])[] = [
        ['in the address', 400, `/api/user?access_token=${good}`, {}],
        ['in the address beside a header', 400, `/api/user?access_token=${good}`, { authorization: `Bearer ${good}` }],
        ['in a cookie', 401, '/api/user', { cookie: `access_token=${good}` }],
        ['with another scheme', 401, '/api/user', { authorization: `Token ${good}` }],
        ['as Basic', 401, '/api/user', { authorization: `Basic ${Buffer.from(`alice:${good}`).toString('base64')}` }],
        ['without a scheme', 401, '/api/user', { authorization: good }],
        ['without a token', 401, '/api/user', { authorization: 'Bearer' }],
        ['twice in one header', 401, '/api/user', { authorization: `Bearer ${good}, Bearer ${good}` }],
      ];
      for (const { call, name: way } of target.ways)
        for (const [name, status, path, headers] of attempts) {
          const answer = await call(path, { headers });
          assert.equal(answer.status, status, `${name}, ${way}: ${answer.status} ${answer.body}`);
          assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, name);
        }
      await target.checkUnharmed();
    });

    test('takes no vector of C2SP/wycheproof for a token, valid signature or not, by both ways', async (context) => {
      const groups = await jwsVectors();
      if (typeof groups === 'string') return context.skip(groups);
      const all = groups
        .flatMap(({ vectors }) => vectors.map(({ jws }) => jws))
        .filter((jws) => /^[\x21-\x7e]+$/.test(jws));
      assert.ok(all.length > 350, `${all.length} can be sent as a header`);
      for (const way of target.ways)
        for (const jws of all) {
          const { status, body } = await way.call('/api/user', bearer(jws));
          assert.equal(
            status,
            jws.length > largest ? (way.name === 'directly' ? 431 : 400) : 401,
            `${way.name}: ${body}`,
          );
        }
      await target.checkUnharmed();
    });
  });
