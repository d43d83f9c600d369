import { error } from '../errors.ts';

/** What a document holds, as far as commands and their answers need it. */
export type Value = string | number | boolean | null | Uint8Array | readonly Value[] | Document;

/** A BSON document. Keys keep their order: the first one of a command is its name. */
export interface Document {
  readonly [name: string]: Value;
}

/** Levels of nesting that are read at most; the server allows 100. */
const deepest = 100;

/** True for what is a document and neither list nor bytes. */
export const isDocument = (value: Value | undefined): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** True for a list. */
export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

const element = (name: string, value: Value): Buffer => {
  if (name.includes('\0')) throw error('mongodb/protocol', { reason: 'a name of a field holds a zero byte' });
  const field = (type: number, ...parts: readonly Uint8Array[]): Buffer =>
    Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), ...parts]);
  if (value === null) return field(0x0a);
  if (typeof value === 'string') return field(0x02, int32(Buffer.byteLength(value) + 1), Buffer.from(`${value}\0`));
  if (typeof value === 'boolean') return field(0x08, Buffer.of(value ? 1 : 0));
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return field(0x10, int32(value));
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return field(0x01, bytes);
  }
  if (value instanceof Uint8Array) return field(0x05, int32(value.length), Buffer.of(0), value);
  if (isList(value)) return field(0x04, encodeDocument(Object.fromEntries(value.entries())));
  return isDocument(value) ? field(0x03, encodeDocument(value)) : field(0x0a);
};

/** A document as bytes. Source: BSON specification 1.1, bsonspec.org. */
export const encodeDocument = (document: Document): Buffer => {
  const body = Buffer.concat(Object.entries(document).map(([name, value]) => element(name, value)));
  return Buffer.concat([int32(body.length + 5), body, Buffer.of(0)]);
};

/** Bytes of the types that have a fixed length and are of no interest here: timestamps, decimals, keys of order. */
const skipped: Readonly<Record<number, number>> = { 0x06: 0, 0x11: 8, 0x13: 16, 0x7f: 0, 0xff: 0 };

type Read = { readonly value: Value; readonly end: number };

const readValue = (bytes: Buffer, type: number, at: number, depth: number): Read => {
  switch (type) {
    case 0x01:
      return { value: bytes.readDoubleLE(at), end: at + 8 };
    case 0x02: {
      const length = bytes.readInt32LE(at);
      if (length < 1 || at + 4 + length > bytes.length) break;
      return { value: bytes.toString('utf8', at + 4, at + 3 + length), end: at + 4 + length };
    }
    case 0x03:
    case 0x04: {
      const { document, end } = readAt(bytes, at, depth + 1);
      return { value: type === 0x03 ? document : Object.values(document), end };
    }
    case 0x05: {
      const length = bytes.readInt32LE(at);
      if (length < 0 || at + 5 + length > bytes.length) break;
      return { value: Uint8Array.from(bytes.subarray(at + 5, at + 5 + length)), end: at + 5 + length };
    }
    case 0x07:
      return { value: bytes.toString('hex', at, at + 12), end: at + 12 };
    case 0x08:
      return { value: bytes.readUInt8(at) === 1, end: at + 1 };
    case 0x09:
    case 0x12:
      return { value: Number(bytes.readBigInt64LE(at)), end: at + 8 };
    case 0x0a:
      return { value: null, end: at };
    case 0x10:
      return { value: bytes.readInt32LE(at), end: at + 4 };
    default: {
      const length = skipped[type];
      if (length !== undefined) return { value: null, end: at + length };
    }
  }
  throw error('mongodb/protocol', { reason: 'a document holds a value that is not read here' });
};

const readAt = (bytes: Buffer, start: number, depth: number): { readonly document: Document; readonly end: number } => {
  const length = bytes.readInt32LE(start);
  const end = start + length;
  if (depth > deepest || length < 5 || end > bytes.length)
    throw error('mongodb/protocol', { reason: 'a document is broken' });
  const fields: [string, Value][] = [];
  let at = start + 4;
  while (at < end - 1) {
    const stop = bytes.indexOf(0, at + 1);
    if (stop < 0 || stop >= end) throw error('mongodb/protocol', { reason: 'a name of a field has no end' });
    const read = readValue(bytes, bytes.readUInt8(at), stop + 1, depth);
    fields.push([bytes.toString('utf8', at + 1, stop), read.value]);
    at = read.end;
  }
  // Object.fromEntries defines own properties, so that a field called __proto__ is a field.
  return { document: Object.fromEntries(fields), end };
};

/** The document that begins at `start`. Throws `mongodb/protocol` where the bytes are none. */
export const decodeDocument = (bytes: Buffer, start = 0): Document => {
  try {
    return readAt(bytes, start, 0).document;
  } catch (thrown) {
    if (thrown instanceof RangeError) throw error('mongodb/protocol', { reason: 'a document is cut off' }, thrown);
    throw thrown;
  }
};
