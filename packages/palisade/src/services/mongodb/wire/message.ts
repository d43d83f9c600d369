import { error } from '../errors.ts';
import { decodeDocument, type Document, encodeDocument } from './bson.ts';

/** The message of all commands since MongoDB 3.6. Source: MongoDB wire protocol, OP_MSG. */
const opMsg = 2013;

/** Bytes of one answer at most; what is asked for here is a few kilobytes. */
const longest = 4 * 1024 * 1024;

const headerLength = 16;

/** A command as an OP_MSG with one section. */
export const encodeMessage = (id: number, command: Document): Buffer => {
  const body = encodeDocument(command);
  const head = Buffer.alloc(headerLength + 5);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(id, 4);
  head.writeInt32LE(opMsg, 12);
  return Buffer.concat([head, body]);
};

/** Reads one answer; undefined where more bytes are needed. Throws `mongodb/protocol` where it is none. */
export const readMessage = (bytes: Buffer): { readonly document: Document; readonly end: number } | undefined => {
  if (bytes.length < 4) return undefined;
  const length = bytes.readInt32LE(0);
  // What answers in plain text or TLS gives an absurd length.
  if (length < headerLength + 10 || length > longest)
    throw error('mongodb/protocol', { reason: 'the answer is no message of the protocol' });
  if (bytes.length < length) return undefined;
  if (bytes.readInt32LE(12) !== opMsg || bytes.readUInt8(headerLength + 4) !== 0)
    throw error('mongodb/protocol', { reason: 'the answer is of a kind that nobody asked for' });
  return { document: decodeDocument(bytes.subarray(0, length), headerLength + 5), end: length };
};
