import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { Secret } from '../../support/secret.ts';
import { error } from './errors.ts';

/** Iterations that PostgreSQL uses itself; clients and poolers know the number. */
const scramIterations = 4096;

/** Bytes of a salt, as PostgreSQL makes them. */
export const scramSaltLength = 16;

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * The SCRAM-SHA-256 verifier of a password, in the form that PostgreSQL stores and accepts in `ALTER ROLE … PASSWORD`:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. Equal salts give equal verifiers. A verifier is not a
 * password, but lets its holder guess at one, and log in as the server: it stays a secret.
 *
 * SASLprep (RFC 4013) leaves printable ASCII alone, and nothing else is taken: `postgres/password-not-ascii`.
 * Source: RFC 5802 section 3, RFC 7677.
 */
export const scramVerifier = (
  password: Secret,
  salt: Uint8Array,
  iterations: number = scramIterations,
  role: string = 'given',
): Secret => {
  const text = password.reveal();
  if (!/^[\x20-\x7e]+$/.test(text)) throw error('postgres/password-not-ascii', { role });
  const salted = pbkdf2Sync(text, salt, iterations, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return new Secret(`SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`);
};

/** Salt and iterations of a stored verifier; undefined where it is none (MD5, empty). */
export const scramParameters = (
  stored: string,
): { readonly salt: Uint8Array; readonly iterations: number } | undefined => {
  const found = /^SCRAM-SHA-256\$(\d{1,8}):([A-Za-z0-9+/]+={0,2})\$/.exec(stored);
  const iterations = Number(found?.[1]);
  const salt = found?.[2];
  return salt === undefined || iterations < 1 ? undefined : { iterations, salt: Buffer.from(salt, 'base64') };
};
