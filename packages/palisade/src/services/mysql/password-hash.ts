import { createHash, randomInt } from 'node:crypto';
import type { Product } from './image.ts';

/** How a password is stored: the plug-in and its text, in bytes. */
export interface StoredPassword {
  readonly plugin: string;
  readonly text: Buffer;
}

const sha256 = (...parts: readonly Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The first `length` bytes of a text that is repeated without end. */
const repeated = (text: Buffer, length: number): Buffer => Buffer.alloc(length, text);

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Bytes of the digest in the order in which they are written, three by three. */
const order = [
  [0, 10, 20],
  [21, 1, 11],
  [12, 22, 2],
  [3, 13, 23],
  [24, 4, 14],
  [15, 25, 5],
  [6, 16, 26],
  [27, 7, 17],
  [18, 28, 8],
  [9, 19, 29],
  [undefined, 31, 30],
] as const;

const encode = (digest: Buffer): string =>
  order
    .map(([high, middle, low]) => {
      const bits =
        ((high === undefined ? 0 : (digest[high] ?? 0)) << 16) | ((digest[middle] ?? 0) << 8) | (digest[low] ?? 0);
      const characters = high === undefined ? 3 : 4;
      return Array.from({ length: characters }, (_, index) => alphabet.charAt((bits >> (6 * index)) & 63)).join('');
    })
    .join('');

/**
 * The digest of SHA-256 crypt, 43 characters. The salt is taken whole. Source: U. Drepper, "Unix crypt using SHA-256 and
 * SHA-512", version 0.6, steps 1 to 22.
 */
export const sha256Crypt = (password: Buffer, salt: Buffer, rounds: number): string => {
  const { length } = password;
  const alternate = sha256(password, salt, password);
  const first: Buffer[] = [password, salt, repeated(alternate, length)];
  for (let bits = length; bits > 0; bits >>= 1) first.push((bits & 1) === 1 ? alternate : password);
  let digest = sha256(...first);
  const p = repeated(sha256(...Array.from({ length }, () => password)), length);
  const s = repeated(sha256(...Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const odd = (round & 1) === 1;
    digest = sha256(
      odd ? p : digest,
      ...(round % 3 === 0 ? [] : [s]),
      ...(round % 7 === 0 ? [] : [p]),
      odd ? digest : p,
    );
  }
  return encode(digest);
};

/** What stands before the salt: SHA-256 crypt with 5 times 1000 rounds. */
const prefix = '$A$005$';
const saltLength = 20;
const rounds = 5000;

const saltCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new salt; the server makes its own of seven-bit characters as well. */
const newSalt = (): Buffer =>
  Buffer.from(
    Array.from({ length: saltLength }, () => saltCharacters.charAt(randomInt(saltCharacters.length))).join(''),
  );

const cachingSha2 = (password: string, stored: StoredPassword | undefined): StoredPassword => {
  const known =
    stored?.plugin === 'caching_sha2_password' && stored.text.toString('latin1').startsWith(prefix)
      ? stored.text.subarray(prefix.length, prefix.length + saltLength)
      : undefined;
  const salt = known?.length === saltLength ? known : newSalt();
  return {
    plugin: 'caching_sha2_password',
    text: Buffer.concat([
      Buffer.from(prefix),
      salt,
      Buffer.from(sha256Crypt(Buffer.from(password, 'utf8'), salt, rounds)),
    ]),
  };
};

const native = (password: string): StoredPassword => {
  const once = createHash('sha1').update(password, 'utf8').digest();
  return {
    plugin: 'mysql_native_password',
    text: Buffer.from(`*${createHash('sha1').update(once).digest('hex').toUpperCase()}`),
  };
};

/**
 * A password as the server stores it, so that the server is never sent the password itself: `caching_sha2_password` on
 * MySQL, the salt of what is stored being kept, and `mysql_native_password` on MariaDB, the one that every client knows.
 */
export const hashPassword = (product: Product, password: string, stored: StoredPassword | undefined): StoredPassword =>
  product === 'mariadb' ? native(password) : cachingSha2(password, stored);
