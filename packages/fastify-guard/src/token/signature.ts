import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose/jws/compact/verify';
import type { Algorithm } from './algorithms.ts';

/** True where a compact JWS was signed with the key and the algorithm, and no other one. */
export const isSignedBy = async (token: string, key: KeyObject, algorithm: Algorithm): Promise<boolean> => {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
};
