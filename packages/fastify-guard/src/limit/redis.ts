import { createHash } from 'node:crypto';
import type { RedisCommands } from '../redis.ts';
import { type Counted, type Counter, type CounterStore, partsOfWindow } from './counter.ts';

/**
 * All counters of a request in one call: nothing can happen between looking and counting. The time is the server's, so that
 * instances whose clocks differ agree. Each key is a hash from the number of a part of time to its count; `t` is the time in
 * milliseconds. Gives 1 or 0, then for each counter what is left and when a place is free.
 */
const script = `
local now = redis.call('TIME')
local t = now[1] * 1000 + math.floor(now[2] / 1000)
local parts = tonumber(ARGV[1])
local allowed = 1
local totals, firsts = {}, {}
for i, key in ipairs(KEYS) do
  local limit, part = tonumber(ARGV[i * 2]), tonumber(ARGV[i * 2 + 1])
  local oldest = math.floor(t / part) - parts
  local total, first = 0, nil
  local fields = redis.call('HGETALL', key)
  for j = 1, #fields, 2 do
    local number = tonumber(fields[j])
    if number < oldest then
      redis.call('HDEL', key, fields[j])
    else
      total = total + tonumber(fields[j + 1])
      if first == nil or number < first then first = number end
    end
  end
  totals[i], firsts[i] = total, first
  if total >= limit then allowed = 0 end
end
local answer = { allowed }
for i, key in ipairs(KEYS) do
  local limit, part = tonumber(ARGV[i * 2]), tonumber(ARGV[i * 2 + 1])
  if allowed == 1 then
    local number = math.floor(t / part)
    redis.call('HINCRBY', key, string.format('%.0f', number), 1)
    redis.call('PEXPIRE', key, math.ceil((parts + 2) * part))
    totals[i] = totals[i] + 1
    if firsts[i] == nil then firsts[i] = number end
  end
  local reset = 0
  if firsts[i] ~= nil then reset = math.max(0, (firsts[i] + parts + 1) * part - t) end
  answer[#answer + 1] = math.max(0, limit - totals[i])
  answer[#answer + 1] = math.ceil(reset)
end
return answer
`;

const digest = createHash('sha1').update(script).digest('hex');

const readAnswer = (answer: unknown, counters: readonly Counter[]): Counted => {
  const numbers = Array.isArray(answer) ? answer.map(Number) : [];
  if (numbers.length !== counters.length * 2 + 1 || !numbers.every(Number.isFinite))
    throw new Error('Redis gave an answer that is none');
  return {
    allowed: numbers[0] === 1,
    counts: counters.map((_counter, index) => ({
      remaining: numbers[index * 2 + 1] ?? 0,
      reset: numbers[index * 2 + 2] ?? 0,
    })),
  };
};

/**
 * Counts in Redis, for all instances together. Keys begin with `{prefix}`, a hash tag, so that in a cluster all of them lie in
 * one slot and one script can see them.
 */
export const createRedisStore = (redis: RedisCommands, options: { readonly prefix?: string } = {}): CounterStore => {
  const { prefix = 'guard:limit' } = options;
  return {
    take: async (counters) => {
      const keys = counters.map(({ key }) => `{${prefix}}:${key}`);
      const rates = counters.flatMap(({ limit, window }) => [String(limit), String((window * 1000) / partsOfWindow)]);
      const rest = [String(keys.length), ...keys, String(partsOfWindow), ...rates];
      let answer: unknown;
      try {
        answer = await redis.sendCommand(['EVALSHA', digest, ...rest]);
      } catch (error) {
        // Redis forgets scripts when it restarts.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        answer = await redis.sendCommand(['EVAL', script, ...rest]);
      }
      return readAnswer(answer, counters);
    },
  };
};
