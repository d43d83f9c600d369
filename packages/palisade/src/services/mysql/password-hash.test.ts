import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashPassword, sha256Crypt } from './password-hash.ts';

describe('storing a password', () => {
  it('gives the digest of SHA-256 crypt that crypt(3) gives', () => {
    assert.equal(
      sha256Crypt(Buffer.from('Hello world!'), Buffer.from('saltstring'), 5000),
      '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
    );
  });

  it('takes a salt of twenty bytes whole, as MySQL does', () => {
    // A pair that a server of MySQL has stored. Source: hashcat, example hashes, mode 7401.
    const salt = Buffer.from('F9CC98CE08892924F50A213B6BC571A2C11778C5', 'hex');
    assert.equal(sha256Crypt(Buffer.from('hashcat'), salt, 5000), 'bTy95Y99eAME1dwEkHOA1ndHGBWz.1bxSSRkuTXFGV/');
  });

  it('keeps the salt of what is stored, so that an unchanged password is unchanged', () => {
    const first = hashPassword('mysql', 'canary', undefined);
    assert.equal(first.plugin, 'caching_sha2_password');
    assert.equal(first.text.length, 7 + 20 + 43);
    assert.deepEqual(hashPassword('mysql', 'canary', first), first);
    assert.notDeepEqual(hashPassword('mysql', 'canary2', first), first);
    assert.notDeepEqual(hashPassword('mysql', 'canary', undefined), first);
  });

  it('does not take the text of another plug-in for a salt', () => {
    const stored = { plugin: 'mysql_native_password', text: Buffer.from(`$A$005$${'x'.repeat(63)}`) };
    assert.notEqual(hashPassword('mysql', 'canary', stored).text.toString('latin1', 7, 27), 'x'.repeat(20));
  });

  it('gives MariaDB what its own PASSWORD() gives', () => {
    assert.deepEqual(hashPassword('mariadb', 'abc', undefined), {
      plugin: 'mysql_native_password',
      text: Buffer.from('*0D3CED9BEC10A777AEC23CCC353A8C08A633045E'),
    });
  });
});
