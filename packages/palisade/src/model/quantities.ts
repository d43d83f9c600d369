/** Bytes of a size such as `512m`, `2G`, `1.5gb`, `100`; undefined where it is none. Source: go-units, `RAMInBytes`. */
export const bytes = (text: string): number | undefined => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const power = unit === '' ? 0 : 'kmgtp'.indexOf(unit.toLowerCase()) + 1;
  return Math.floor(Number(number) * 1024 ** power);
};

/** A decimal number; undefined where the text is none. */
export const decimal = (text: string): number | undefined =>
  /^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : undefined;

/** Booleans as Compose casts them, old YAML words included; undefined where the text is none. */
export const truth = (text: string): boolean | undefined => {
  if (/^(?:true|1|y|yes|on|t)$/i.test(text)) return true;
  if (/^(?:false|0|n|no|off|f)$/i.test(text)) return false;
  return undefined;
};

/** Permission bits: octal where written with a leading 0, `0o` or as a text; undefined where they are none. */
export const permissionBits = (raw: string): number | undefined => {
  const text = raw.trim();
  if (/^0o?[0-7]+$/.test(text)) return Number.parseInt(text.replace(/^0o?/, ''), 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
};
