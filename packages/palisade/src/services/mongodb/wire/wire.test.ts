import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PalisadeError } from '../../../support/errors.ts';
import { decodeDocument, type Document, encodeDocument } from './bson.ts';
import { encodeMessage, readMessage } from './message.ts';
import { beginScram, isStoredKeyOf } from './scram.ts';

const isProtocolError = (thrown: unknown): boolean =>
  thrown instanceof PalisadeError && thrown.code === 'mongodb/protocol';

const document: Document = {
  find: 'notes',
  ok: 1,
  half: 0.5,
  large: 2 ** 40,
  yes: true,
  nothing: null,
  list: ['a', { b: [] }],
  bytes: Uint8Array.of(0, 255),
  ['__proto__']: 'a field like any other',
  text: 'Grüße 🌍',
};

describe('documents', () => {
  it('come back as they were', () => {
    assert.deepEqual(decodeDocument(encodeDocument(document)), document);
  });

  it('look as the specification says', () => {
    assert.equal(encodeDocument({ hello: 'world' }).toString('hex'), '160000000268656c6c6f0006000000776f726c640000');
  });

  it('are read with identifiers, dates, long numbers and times', () => {
    const fields = [
      ['07', '_id', '00112233445566778899aabb'],
      ['09', 'd', '00'.repeat(8)],
      ['12', 'n', 'ff'.repeat(8)],
      ['11', 't', '00'.repeat(8)],
    ] as const;
    const body = fields.map(([type, name, value]) => `${type}${Buffer.from(name).toString('hex')}00${value}`);
    const bytes = Buffer.from(`00000000${body.join('')}00`, 'hex');
    bytes.writeInt32LE(bytes.length);
    assert.deepEqual(decodeDocument(bytes), { _id: '00112233445566778899aabb', d: 0, n: -1, t: null });
  });

  it('are refused with a reason wherever they are cut off or changed', () => {
    const whole = encodeDocument(document);
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => decodeDocument(whole.subarray(0, length)), isProtocolError, `${length} bytes`);
    for (let index = 0; index < whole.length; index++) {
      const changed = Buffer.from(whole);
      changed[index] = (changed[index] ?? 0) ^ 0xff;
      try {
        decodeDocument(changed);
      } catch (thrown) {
        assert.ok(isProtocolError(thrown), `byte ${index}: ${String(thrown)}`);
      }
    }
  });

  it('are not read deeper than a server nests them', () => {
    let deep: Document = {};
    for (let level = 0; level < 200; level++) deep = { deep };
    assert.throws(() => decodeDocument(encodeDocument(deep)), isProtocolError);
  });

  it('take no name that would end early', () => {
    assert.throws(() => encodeDocument({ 'a\0b': 1 }), isProtocolError);
  });
});

describe('messages', () => {
  const message = encodeMessage(7, { ping: 1, $db: 'admin' });

  it('are read once they are whole, and no further', () => {
    for (let length = 0; length < message.length; length++)
      assert.equal(readMessage(message.subarray(0, length)), undefined);
    const read = readMessage(Buffer.concat([message, message]));
    assert.deepEqual(read, { document: { ping: 1, $db: 'admin' }, end: message.length });
  });

  it('of other protocols are told apart', () => {
    for (const text of ['HTTP/1.1 400 Bad Request\r\n', '-ERR unknown command\r\n'])
      assert.throws(() => readMessage(Buffer.from(text, 'latin1')), isProtocolError, text);
  });
});

// The example of RFC 7677, section 3.
const begin = () => beginScram('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');

describe('a login by SCRAM-SHA-256', () => {
  const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';

  it('says what the standard says', () => {
    const scram = begin();
    assert.equal(scram.first, 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    assert.equal(
      scram.final(serverFirst),
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    scram.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  it('refuses a server that does not know the password', () => {
    const scram = begin();
    scram.final(serverFirst);
    for (const answer of ['v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'v=', '', 'e=other-error'])
      assert.throws(() => scram.verify(answer), isProtocolError, answer);
    assert.throws(() => begin().verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='), isProtocolError);
  });

  for (const [what, answer] of [
    ['another nonce', serverFirst.replace('rOpr', 'xOpr')],
    ['no nonce of its own', 'r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'],
    ['too little work', serverFirst.replace('4096', '1')],
    ['endless work', serverFirst.replace('4096', '999999999')],
    ['nothing', ''],
  ] as const)
    it(`breaks off where the server sends ${what}`, () => {
      assert.throws(() => begin().final(answer), isProtocolError);
    });

  it('writes names so that none can end early', () => {
    assert.equal(beginScram('a=b,c', 'x', 'n').first, 'n,,n=a=3Db=2Cc,r=n');
  });

  it('tells from what a server keeps whether it is of a password', () => {
    const stored = {
      salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
      iterations: 4096,
      storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
    };
    assert.equal(isStoredKeyOf('pencil', stored), true);
    assert.equal(isStoredKeyOf('pencils', stored), false);
    assert.equal(isStoredKeyOf('pencil', { ...stored, iterations: 0 }), false);
    assert.equal(isStoredKeyOf('pencil', { ...stored, storedKey: '' }), false);
  });
});
