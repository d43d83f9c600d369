import type { Now } from '../clock.ts';
import { systemNow } from '../clock.ts';
import { GuardError } from '../errors.ts';
import type { RedisCommands } from '../redis.ts';

/** Names one token. The raw text names none: one token can be spelled in several ways. */
export interface TokenName {
  readonly issuer: string;
  readonly tokenId: string;
}

/** Says whether a token was revoked; where it cannot say, it rejects, and the request is answered with 503. */
export interface Revocations {
  readonly isRevoked: (token: TokenName) => boolean | Promise<boolean>;
}

/** Revocations that can be written. `expires` in milliseconds since the epoch: after it, the token is dead anyway. */
export interface RevocationList extends Revocations {
  readonly revoke: (token: TokenName, expires: number) => Promise<void>;
}

const textOf = ({ issuer, tokenId }: TokenName): string => JSON.stringify([issuer, tokenId]);

/** Keeps revocations in this process, for one instance and for tests. */
export const createRevocationList = (options: { readonly most?: number; readonly now?: Now } = {}): RevocationList => {
  const { most = 100_000, now = systemNow } = options;
  const until = new Map<string, number>();
  return {
    isRevoked: (token) => (until.get(textOf(token)) ?? 0) > now(),
    revoke: async (token, expires) => {
      for (const [name, time] of until) if (until.size >= most && time <= now()) until.delete(name);
      // Forgetting a revocation to make room would bring a token back to life.
      if (until.size >= most) throw new GuardError('guard/list-full', `the list holds ${most} revocations already`);
      until.set(textOf(token), expires);
    },
  };
};

/** Keeps revocations in Redis, for all instances. */
export const createRedisRevocationList = (
  redis: RedisCommands,
  options: { readonly prefix?: string; readonly now?: Now } = {},
): RevocationList => {
  const { prefix = 'guard:revoked:', now = systemNow } = options;
  return {
    isRevoked: async (token) => (await redis.sendCommand(['EXISTS', prefix + textOf(token)])) !== 0,
    revoke: async (token, expires) => {
      const milliseconds = Math.ceil(expires - now());
      if (milliseconds > 0) await redis.sendCommand(['SET', prefix + textOf(token), '1', 'PX', String(milliseconds)]);
    },
  };
};
