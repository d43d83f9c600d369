import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { error } from '../errors.ts';

/** What a server keeps of a password, and what it proves itself with. */
interface Keys {
  readonly clientKey: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Iterations that are computed at most: a hostile server shall not occupy its client for minutes. */
const mostIterations = 1_000_000;

const keysOf = (password: string, salt: Uint8Array, iterations: number): Keys => {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  return {
    clientKey,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: hmac(salted, 'Server Key'),
  };
};

/** True where a stored key was made from the password. Source: RFC 5802 section 3, RFC 7677. */
export const isStoredKeyOf = (
  password: string,
  stored: { readonly salt: string; readonly iterations: number; readonly storedKey: string },
): boolean => {
  if (!(stored.iterations > 0 && stored.iterations <= mostIterations)) return false;
  const { storedKey } = keysOf(password, Buffer.from(stored.salt, 'base64'), stored.iterations);
  const other = Buffer.from(stored.storedKey, 'base64');
  return other.length === storedKey.length && timingSafeEqual(other, storedKey);
};

/** The client's side of SCRAM-SHA-256 (RFC 7677), for names and passwords in ASCII, which SASLprep leaves alone. */
export interface Conversation {
  readonly first: string;
  /** The answer to the server's first message. Throws `mongodb/protocol` where that is none. */
  readonly final: (serverFirst: string) => string;
  /** Throws `mongodb/protocol` where the server does not know the password itself. */
  readonly verify: (serverFinal: string) => void;
}

const attributes = (message: string): ReadonlyMap<string, string> =>
  new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));

/** Begins a conversation. The nonce comes in for tests alone. */
export const beginScram = (
  username: string,
  password: string,
  nonce = randomBytes(24).toString('base64'),
): Conversation => {
  const bare = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  let expected: Buffer | undefined;
  return {
    first: `n,,${bare}`,
    final: (serverFirst) => {
      const found = attributes(serverFirst);
      const [joint = '', salt = '', iterations] = [found.get('r'), found.get('s'), Number(found.get('i'))];
      if (!joint.startsWith(nonce) || joint === nonce || !(iterations >= 4096 && iterations <= mostIterations))
        throw error('mongodb/protocol', { reason: 'the server breaks off the login' });
      const keys = keysOf(password, Buffer.from(salt, 'base64'), iterations);
      const withoutProof = `c=biws,r=${joint}`;
      const message = `${bare},${serverFirst},${withoutProof}`;
      const signature = hmac(keys.storedKey, message);
      expected = hmac(keys.serverKey, message);
      const proof = Buffer.from(keys.clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
      return `${withoutProof},p=${proof.toString('base64')}`;
    },
    verify: (serverFinal) => {
      const given = Buffer.from(attributes(serverFinal).get('v') ?? '', 'base64');
      if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected))
        throw error('mongodb/protocol', { reason: 'the server does not prove that it knows the password' });
    },
  };
};
