import { createReadStream } from 'node:fs';

/** A line of a file. */
export interface RawLine {
  /** Byte at which it begins. */
  readonly offset: number;
  /** Its bytes, without the line end. */
  readonly bytes: Buffer;
  /** False for a last line without a line end. */
  readonly ended: boolean;
}

/** No line is longer than this; the rest of a longer one comes as lines of their own. */
export const longestLine = 16 * 1024 * 1024;

/** Lines of a file as bytes, in order, with bounded memory. */
export const readLines = async function* (path: string, signal?: AbortSignal): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  const stream = createReadStream(path, { highWaterMark: 1024 * 1024, ...(signal === undefined ? {} : { signal }) });
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let begin = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, begin)) {
      yield { offset: offset + begin, bytes: bytes.subarray(begin, end), ended: true };
      begin = end + 1;
    }
    if (bytes.length - begin > longestLine) {
      yield { offset: offset + begin, bytes: bytes.subarray(begin), ended: false };
      begin = bytes.length;
    }
    rest = bytes.subarray(begin);
    offset += begin;
  }
  if (rest.length > 0) yield { offset, bytes: rest, ended: false };
};
