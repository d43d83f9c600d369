import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import test from 'node:test';
import { createCertificateRequest, createSelfSignedCertificate } from './certificate.ts';
import { integer, objectIdentifier, tagged, time } from './der.ts';

test('makes a certificate that OpenSSL reads, verifies and matches with its key', () => {
  const [notBefore, notAfter] = [Date.UTC(2030, 0, 1), Date.UTC(2055, 5, 30, 12, 30, 15)];
  const { certificate, key } = createSelfSignedCertificate(
    { commonName: 'vault', alternativeNames: ['vault', 'localhost'] },
    { notBefore, notAfter },
  );
  const read = new X509Certificate(certificate);
  assert.equal(read.subject, 'CN=vault');
  assert.equal(read.subjectAltName, 'DNS:vault, DNS:localhost');
  assert.equal(read.ca, false);
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(read.validFromDate.getTime(), notBefore);
  assert.equal(read.validToDate.getTime(), notAfter);
  assert.ok(read.verify(read.publicKey));
  assert.ok(read.checkPrivateKey(createPrivateKey(key.reveal())));
});

test('makes another key each time', () => {
  const subject = { commonName: 'a', alternativeNames: [] };
  assert.notEqual(createCertificateRequest(subject).key.reveal(), createCertificateRequest(subject).key.reveal());
});

test('refuses an address and a line break where a DNS name belongs', () => {
  for (const name of ['127.0.0.1', '::1', 'a\nb', ''])
    assert.throws(() => createCertificateRequest({ commonName: 'a', alternativeNames: [name] }), /is not a DNS name/);
});

const encodings: readonly (readonly [string, Buffer, string])[] = [
  ['a short length', tagged(0x04, Buffer.alloc(127)).subarray(0, 2), '047f'],
  ['a length of one byte', tagged(0x04, Buffer.alloc(128)).subarray(0, 3), '048180'],
  ['a length of two bytes', tagged(0x04, Buffer.alloc(300)).subarray(0, 4), '0482012c'],
  ['an integer with its high bit set', integer(Buffer.from([0x80])), '02020080'],
  ['an integer without needless zeros', integer(Buffer.from([0, 0, 1])), '020101'],
  ['an object identifier', objectIdentifier('1.2.840.113549'), '06062a864886f70d'],
  [
    'a time before 2050',
    time(Date.UTC(2049, 11, 31, 23, 59, 59)),
    `170d${Buffer.from('491231235959Z').toString('hex')}`,
  ],
  ['a time from 2050 on', time(Date.UTC(2050, 0, 1)), `180f${Buffer.from('20500101000000Z').toString('hex')}`],
];

for (const [title, encoded, expected] of encodings)
  test(`encodes ${title}`, () => {
    assert.equal(encoded.toString('hex'), expected);
  });
