/** JSON as text. */
export const text = (object: object): string => JSON.stringify(object);

/** So many zero bytes, in base64url. */
export const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64url');

/** The number one in so many bytes. */
export const one = (size: number): Buffer => Buffer.concat([Buffer.alloc(size - 1), Buffer.from([1])]);

/** The order of P-256, of which 0 and n are not allowed as r or s. Source: FIPS 186-5, appendix; SEC 2 section 2.4.2. */
export const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

/** The next character of the alphabet: differs in the unused last bits alone where there are some. */
export const nextCharacter = (character: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[(alphabet.indexOf(character) + 1) % 64] ?? '';
};

/** A positive integer of 32 bytes in DER. */
export const derInteger = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), bytes]);
