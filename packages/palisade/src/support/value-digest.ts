import { canonicalJson } from './canonical-json.ts';
import { sha256 } from './files.ts';

/**
 * Tells whether a value is the one that somebody saw before, without saying what it is: the first 32 bits, in hex, of
 * the SHA-256 of its canonical JSON. Short on purpose: a value may hold a password, and what is not told cannot be used
 * to test a guess (docs/decisions/0011).
 */
export const valueDigest = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 8);
