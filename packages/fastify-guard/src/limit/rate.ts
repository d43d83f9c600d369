import { GuardError } from '../errors.ts';

const seconds = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

/** So many requests a time: `10/minute`, `100/hour`, `1000/day`, `5/10 seconds`. */
export type RateText = `${number}/${keyof typeof seconds}` | `${number}/${number} ${keyof typeof seconds}s`;

/** A rate as numbers. */
export interface Rate {
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

const shape = /^([1-9]\d{0,8})\/(?:([1-9]\d{0,4}) )?(second|minute|hour|day)s?$/;

/** Reads a rate. Throws GuardError `guard/option-invalid`. */
export const readRate = (text: string, where: string): Rate => {
  const [, limit, times, unit] = shape.exec(text) ?? [];
  const length = unit === 'second' || unit === 'minute' || unit === 'hour' || unit === 'day' ? seconds[unit] : 0;
  if (limit === undefined || length === 0)
    throw new GuardError('guard/option-invalid', `${where}: ${JSON.stringify(text)} is no rate like 10/minute`);
  return { limit: Number(limit), window: length * Number(times ?? 1) };
};
