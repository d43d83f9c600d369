const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a time as nginx writes it (`10s`, `1m 30s`); undefined for what is none. Source: "Configuration file measurement units". */
export const secondsOf = (text: string): number | undefined => {
  if (!/^(?:\d+(?:ms|[smhd])?\s*)+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|[smhd])?/g)].reduce(
    (sum, [, amount, unit = 's']) => sum + Number(amount) * (seconds[unit] ?? 1),
    0,
  );
};
