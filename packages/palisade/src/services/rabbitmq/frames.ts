import { error } from './errors.ts';

/** A method of AMQP 0-9-1 on a channel. Source: AMQP 0-9-1 specification, 4.2 "AMQP Wire-Level Format". */
export interface Method {
  readonly channel: number;
  readonly classId: number;
  readonly methodId: number;
  readonly args: Buffer;
}

/** What a client sends first: the protocol and its version. */
export const protocolHeader = Buffer.from('AMQP\u0000\u0000\u0009\u0001', 'latin1');

/** Bytes of one frame at most; the methods of a handshake are a few hundred. */
const longest = 131_072;

const frameEnd = 0xce;

/** A short string: one byte of length. */
export const shortText = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};

/** A long string: four bytes of length. */
export const longText = (text: string | Buffer): Buffer => {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** The bits of a number in two bytes. */
export const short = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

/** A method as a frame. */
export const encodeMethod = ({ channel, classId, methodId, args }: Method): Buffer => {
  const payload = Buffer.concat([short(classId), short(methodId), args]);
  return Buffer.concat([Buffer.from([1]), short(channel), longText(payload), Buffer.from([frameEnd])]);
};

/**
 * Reads one frame; undefined where more bytes are needed. A frame that is no method has none. Throws `rabbitmq/protocol`.
 */
export const readFrame = (bytes: Buffer): { readonly method: Method | undefined; readonly end: number } | undefined => {
  if (bytes.length > 0 && ![1, 2, 3, 8].includes(bytes[0] ?? 0))
    throw error('rabbitmq/protocol', {
      reason: bytes.toString('latin1', 0, 4) === 'AMQP' ? 'it wants another version' : 'the answer is no frame',
    });
  if (bytes.length < 7) return undefined;
  const size = bytes.readUInt32BE(3);
  if (size > longest) throw error('rabbitmq/protocol', { reason: 'a length is no length' });
  const end = 7 + size + 1;
  if (bytes.length < end) return undefined;
  if (bytes[end - 1] !== frameEnd) throw error('rabbitmq/protocol', { reason: 'a frame does not end' });
  if (bytes[0] !== 1) return { method: undefined, end };
  if (size < 4) throw error('rabbitmq/protocol', { reason: 'a method has no number' });
  return {
    method: {
      channel: bytes.readUInt16BE(1),
      classId: bytes.readUInt16BE(7),
      methodId: bytes.readUInt16BE(9),
      args: bytes.subarray(11, end - 1),
    },
    end,
  };
};

/** A long string at an offset, and where it ends. Throws `rabbitmq/protocol`. */
export const readLongText = (bytes: Buffer, offset: number): { readonly text: string; readonly end: number } => {
  const end = bytes.length < offset + 4 ? Number.POSITIVE_INFINITY : offset + 4 + bytes.readUInt32BE(offset);
  if (end > bytes.length) throw error('rabbitmq/protocol', { reason: 'a text does not end' });
  return { text: bytes.toString('utf8', offset + 4, end), end };
};
