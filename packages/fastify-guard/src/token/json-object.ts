/** A JSON object that nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;
/** More levels than any token needs. */
const deepest = 8;

/**
 * True where an object of this valid JSON names a member twice, or `__proto__`, or lies too deep. Parsers take the last of two
 * members, other readers the first: what two readers understand differently is not accepted. Source: RFC 7515 section 4.
 */
const isTreacherous = (text: string): boolean => {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [part] of text.matchAll(token)) {
    if (part === '{' || part === '[') {
      if (open.push(part === '{' ? new Set() : undefined) > deepest) return true;
    } else if (part === '}' || part === ']') open.pop();
    else if (part === ':') {
      const name = String(JSON.parse(last));
      const names = open.at(-1);
      if (names === undefined || names.has(name) || name === '__proto__') return true;
      names.add(name);
    } else last = part;
  }
  return false;
};

/** True for a JSON object, not an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads bytes as one unambiguous JSON object in UTF-8; `undefined` for anything else. */
export const parseJsonObject = (bytes: Uint8Array): JsonObject | undefined => {
  try {
    const text = decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && !isTreacherous(text) ? value : undefined;
  } catch {
    return undefined;
  }
};
