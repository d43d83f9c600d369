import { join } from 'node:path';
import { readLines } from '../log/lines.ts';
import { segmentName } from '../log/segments.ts';
import { type DecodedLine, type Head, decodeLine } from '../record/line.ts';
import type { Place } from './finding.ts';

/** A line of a log, over all its segments. */
export interface WalkedLine {
  readonly place: Place;
  readonly segment: number;
  readonly bytes: Buffer;
  /** False for a last line of a file without a line end. */
  readonly ended: boolean;
  /** Undefined where it is no record. */
  readonly record: DecodedLine | undefined;
}

/** A record that follows the one before it. */
export interface SoundRecord {
  readonly place: Place;
  readonly record: DecodedLine;
}

/** Every line of the segments, in order. */
export const walk = async function* (
  directory: string,
  segments: readonly number[],
  signal?: AbortSignal,
): AsyncGenerator<WalkedLine> {
  for (const segment of segments) {
    const file = segmentName(segment);
    let line = 0;
    for await (const { offset, bytes, ended } of readLines(join(directory, file), signal)) {
      line += 1;
      yield { place: { file, line, offset }, segment, bytes, ended, record: decodeLine(bytes) };
    }
  }
};

/** True where a line is the record that comes after `head`. */
export const follows = (line: WalkedLine | undefined, head: Head): boolean =>
  line?.record?.intact === true && line.record.seq === head.seq + 1 && line.record.prev === head.hash;
