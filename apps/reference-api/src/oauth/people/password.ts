import { hash, verify } from '@node-rs/argon2';
import type { Secret } from '@palisade/vault/secret';

/** Source: OWASP Password Storage Cheat Sheet: Argon2id (the library's own choice) with 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes that are computed at the same time, and callers that may wait; each hash holds 19 MiB and a core for some 50 ms. */
const atOnce = 2;
const mostWaiting = 40;

/** Too many passwords are being checked already. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy';
}

/** Checks passwords, each with the same work, whether there is a hash to compare with or not. */
export interface Passwords {
  readonly hash: (password: Secret) => Promise<string>;
  /** False where there is no hash. Rejects with `PasswordsBusy` where too many wait. */
  readonly matches: (password: Secret, hashed: string | undefined) => Promise<boolean>;
  /** How many hashes were computed; for tests of equal work. */
  readonly computed: () => number;
}

/** Makes the checker. */
export const createPasswords = (): Passwords => {
  let running = 0;
  let count = 0;
  const waiting: (() => void)[] = [];
  const bounded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting) throw new PasswordsBusy('too many passwords are being checked');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      count += 1;
      return await work();
    } finally {
      // The place is handed on; it is free only where nobody waits.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  // Nobody knows what it is the hash of, so comparing with it costs the same and never succeeds.
  const nobodys = hash(crypto.randomUUID(), cost);
  nobodys.catch(() => undefined);
  return {
    hash: (password) => bounded(() => hash(password.reveal(), cost)),
    matches: (password, hashed) =>
      bounded(async () => {
        const equal = await verify(hashed ?? (await nobodys), password.reveal());
        return equal && hashed !== undefined;
      }),
    computed: () => count,
  };
};
