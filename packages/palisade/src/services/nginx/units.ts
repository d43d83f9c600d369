const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a time as nginx writes it (`10s`, `1m 30s`); undefined for what is none. Source: "Configuration file measurement units". */
export const secondsOf = (text: string): number | undefined => {
  if (!/^(?:\d+(?:ms|[smhd])?\s*)+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|[smhd])?/g)].reduce(
    (sum, [, amount, unit = 's']) => sum + Number(amount) * (seconds[unit] ?? 1),
    0,
  );
};

const bytes: Readonly<Record<string, number>> = { '': 1, k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 };

/** Bytes of a size as nginx writes it (`1m`); undefined for what is none. Source: "Configuration file measurement units". */
export const bytesOf = (text: string): number | undefined => {
  const found = /^(\d+)([kmg]?)$/i.exec(text);
  return found === null ? undefined : Number(found[1]) * (bytes[(found[2] ?? '').toLowerCase()] ?? 1);
};
