import { VaultError } from './errors.ts';
import { Secret } from './secret.ts';

/** A JSON object that is read field by field; what does not have the type that is asked for is an error, never a value. */
export interface Fields {
  readonly has: (name: string) => boolean;
  /** All names of the object. */
  readonly names: () => string[];
  readonly text: (name: string) => string;
  readonly optionalText: (name: string) => string | undefined;
  readonly number: (name: string) => number;
  readonly optionalNumber: (name: string) => number | undefined;
  readonly boolean: (name: string) => boolean;
  readonly secret: (name: string) => Secret;
  /** An array of texts; null and a missing field count as empty. */
  readonly texts: (name: string) => string[];
  readonly secrets: (name: string) => Secret[];
  readonly fields: (name: string) => Fields;
  /** A nested object; undefined where it is null or missing. */
  readonly optionalFields: (name: string) => Fields | undefined;
  /** The raw value, for a caller's own data. */
  readonly raw: (name: string) => unknown;
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a JSON value as an object. `where` names it in errors, which say the field and the type but never the value.
 *
 * @throws VaultError `vault/unexpected-answer` where a field is not what it should be.
 */
export const readFields = (value: unknown, where: string): Fields => {
  const wrong = (name: string, wanted: string): VaultError =>
    new VaultError('vault/unexpected-answer', {
      message: `${where}: the field ${name} of the answer is not ${wanted}`,
    });
  const record = isRecord(value) ? value : undefined;
  const raw = (name: string): unknown =>
    record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
  const absent = (name: string): boolean => raw(name) === undefined || raw(name) === null;
  const text = (name: string): string => {
    const found = raw(name);
    if (typeof found !== 'string') throw wrong(name, 'a text');
    return found;
  };
  const number = (name: string): number => {
    const found = raw(name);
    if (typeof found !== 'number') throw wrong(name, 'a number');
    return found;
  };
  const texts = (name: string): string[] => {
    const found = absent(name) ? [] : raw(name);
    if (!Array.isArray(found)) throw wrong(name, 'a list of texts');
    return found.map((item: unknown) => {
      if (typeof item !== 'string') throw wrong(name, 'a list of texts');
      return item;
    });
  };
  const fields = (name: string): Fields => {
    const found = raw(name);
    if (!isRecord(found)) throw wrong(name, 'an object');
    return readFields(found, where);
  };
  return {
    has: (name) => !absent(name),
    names: () => Object.keys(record ?? {}),
    text,
    optionalText: (name) => (absent(name) ? undefined : text(name)),
    number,
    optionalNumber: (name) => (absent(name) ? undefined : number(name)),
    boolean: (name) => {
      const found = raw(name);
      if (typeof found !== 'boolean') throw wrong(name, 'a boolean');
      return found;
    },
    secret: (name) => new Secret(text(name)),
    texts,
    secrets: (name) => texts(name).map((item) => new Secret(item)),
    fields,
    optionalFields: (name) => (absent(name) ? undefined : fields(name)),
    raw,
  };
};
