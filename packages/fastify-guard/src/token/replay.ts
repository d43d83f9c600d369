import { type Now, systemNow } from '../clock.ts';
import type { RedisCommands } from '../redis.ts';
import type { ReplayStore } from './dpop.ts';

/** Remembers in this process. Refuses to say that something is new when it is full: it would have to forget something. */
export const createReplayStore = (options: { readonly most?: number; readonly now?: Now } = {}): ReplayStore => {
  const { most = 100_000, now = systemNow } = options;
  const seen = new Map<string, number>();
  return {
    first: async (name, milliseconds) => {
      const time = now();
      for (const [old, until] of seen) {
        if (until > time) break;
        seen.delete(old);
      }
      if ((seen.get(name) ?? 0) > time) return false;
      if (seen.size >= most) throw new Error(`${most} proofs are remembered already`);
      seen.set(name, time + milliseconds);
      return true;
    },
  };
};

/** Remembers in Redis, for all instances. */
export const createRedisReplayStore = (
  redis: RedisCommands,
  options: { readonly prefix?: string } = {},
): ReplayStore => {
  const { prefix = 'guard:seen:' } = options;
  return {
    first: async (name, milliseconds) =>
      (await redis.sendCommand(['SET', prefix + name, '1', 'NX', 'PX', String(Math.ceil(milliseconds))])) !== null,
  };
};
