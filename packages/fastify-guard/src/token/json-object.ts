/** A JSON object that nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** More levels than any token needs. */
const deepest = 8;

const [quote, backslash, colon] = ['"', '\\', ':'].map((character) => character.charCodeAt(0));

/** How many members the objects of a valid JSON text name: each has one colon outside of strings. */
const namedMembers = (text: string): number => {
  let count = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) inString = !inString;
    else if (inString && code === backslash) index += 1;
    else if (!inString && code === colon) count += 1;
  }
  return count;
};

/** How many members a parsed value has; not a number where one is called `__proto__`, or it lies too deep. */
const keptMembers = (value: unknown, level = 1): number => {
  if (typeof value !== 'object' || value === null) return 0;
  if (level > deepest) return Number.NaN;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + keptMembers(item, level + 1), 0);
  let count = 0;
  for (const [name, member] of Object.entries(value))
    count += name === '__proto__' ? Number.NaN : 1 + keptMembers(member, level + 1);
  return count;
};

/** True for a JSON object, not an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads bytes as one unambiguous JSON object in UTF-8; `undefined` for anything else, also for one that names a member twice: parsers
 * keep the last of two members, other readers the first, and what two readers understand differently is not accepted. Then fewer
 * members are kept than were named. Source: RFC 7515 section 4.
 */
export const parseJsonObject = (bytes: Uint8Array): JsonObject | undefined => {
  try {
    const text = decoder.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && keptMembers(value) === namedMembers(text) ? value : undefined;
  } catch {
    return undefined;
  }
};
