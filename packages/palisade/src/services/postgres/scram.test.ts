import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, it } from 'node:test';
import { Secret } from '../../support/secret.ts';
import { scramParameters, scramVerifier } from './scram.ts';

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');

const key = (text: string): Buffer => Buffer.from(text, 'base64');

describe('SCRAM verifiers', () => {
  it('agrees with the exchange of RFC 7677', () => {
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const message = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
    const [storedKey = '', serverKey = ''] =
      scramVerifier(new Secret('pencil'), salt).reveal().split('$')[2]?.split(':') ?? [];
    assert.equal(
      createHmac('sha256', key(serverKey)).update(message).digest('base64'),
      '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    );
    const proof = key('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
    const signature = createHmac('sha256', key(storedKey)).update(message).digest();
    const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
    assert.equal(createHash('sha256').update(clientKey).digest('base64'), storedKey);
  });

  it('has the form that PostgreSQL stores', () => {
    assert.match(
      scramVerifier(new Secret('pencil'), salt).reveal(),
      /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[\w+/]{43}=:[\w+/]{43}=$/,
    );
  });

  it('does not print itself', () => {
    assert.doesNotMatch(inspect(scramVerifier(new Secret('pencil'), salt)), /SCRAM/);
  });

  it('is the same again under the salt and iterations that are stored', () => {
    const stored = scramVerifier(new Secret('pencil'), Buffer.alloc(16, 7), 8192).reveal();
    const parameters = scramParameters(stored);
    assert.ok(parameters);
    const again = (password: string): string =>
      scramVerifier(new Secret(password), parameters.salt, parameters.iterations).reveal();
    assert.equal(again('pencil'), stored);
    assert.notEqual(again('pencil2'), stored);
  });

  it('finds no salt in what is no verifier', () => {
    assert.equal(scramParameters(`md5${'0'.repeat(32)}`), undefined);
    assert.equal(scramParameters(''), undefined);
  });

  for (const password of ['', 'pässword', 'a\u0000b', 'tab\there', '\u00adsoft'])
    it(`refuses ${JSON.stringify(password)}, for which SASLprep would matter, without showing it`, () => {
      assert.throws(
        () => scramVerifier(new Secret(password), salt, 4096, 'app'),
        (thrown) => {
          assert.ok(thrown instanceof Error && 'code' in thrown);
          assert.equal(thrown.code, 'postgres/password-not-ascii');
          assert.ok(password === '' || !thrown.message.includes(password));
          return true;
        },
      );
    });
});
