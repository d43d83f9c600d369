import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError } from '../errors.ts';
import { type Head, chainNoteOf, decodeLine } from '../record/line.ts';
import { readLines } from './lines.ts';
import { segmentName } from './segments.ts';

/** Where a log ends. */
export interface Tail {
  readonly log: string;
  readonly segment: number;
  readonly head: Head;
  /** Bytes of the last segment. */
  readonly size: number;
  /** The rest of a write that was interrupted, at the very end. */
  readonly torn: { readonly bytes: number; readonly sha256: string } | undefined;
  /** True where the last record is whole but for its line end. */
  readonly unended: boolean;
}

/** What names a rest of a line in the record that follows it. */
export const tornOf = (bytes: Buffer): { readonly bytes: number; readonly sha256: string } => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** True where a record says that the line before it is what an interrupted write left. */
export const explains = (
  note: { readonly [name: string]: unknown } | undefined,
  rest: { readonly bytes: number; readonly sha256: string },
): boolean => note?.['kind'] === 'recovery' && note['bytes'] === rest.bytes && note['sha256'] === rest.sha256;

/**
 * Reads the last segment of a log to its end and checks its chain. What a killed process or a full disk can leave is a
 * last line without a line end; anything else that is wrong is none of their doing.
 *
 * `known` is a record that the log is known to have: it must not end before it, nor hold another in its place. One that
 * lies in an earlier segment is left to the verifier.
 *
 * @throws AuditError `audit/log-damaged`, `audit/behind-checkpoint`
 */
export const readTail = async (
  directory: string,
  segment: number,
  options: { readonly known?: Head | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Tail> => {
  const path = join(directory, segmentName(segment));
  const damaged = (line: number): AuditError =>
    new AuditError('audit/log-damaged', `line ${line} of ${path} does not follow the line before it`);
  let [log, head, unended, number]: [string, Head | undefined, boolean, number] = ['', undefined, false, 0];
  let rest: { readonly bytes: number; readonly sha256: string } | undefined;
  let torn: typeof rest;
  const { known, signal } = options;
  const contradicts = (seq: number, hash: string): boolean => known?.seq === seq && known.hash !== hash;
  for await (const { bytes, ended } of readLines(path, signal)) {
    number += 1;
    const record = decodeLine(bytes);
    const follows =
      record?.intact === true && (head === undefined || (record.seq === head.seq + 1 && record.prev === head.hash));
    if (!follows || record === undefined) {
      if (head === undefined || rest !== undefined) throw damaged(number);
      if (ended) rest = tornOf(bytes);
      else torn = tornOf(bytes);
      continue;
    }
    const note = chainNoteOf(bytes);
    if (rest !== undefined && !explains(note, rest)) throw damaged(number - 1);
    rest = undefined;
    if (head === undefined) {
      if (note?.['kind'] !== 'segment' || typeof note['log'] !== 'string') throw damaged(number);
      log = note['log'];
    }
    if (contradicts(record.seq, record.hash) || contradicts(record.seq - 1, record.prev))
      throw new AuditError('audit/behind-checkpoint', `record ${known?.seq ?? 0} in ${path} is another than it was`);
    head = { seq: record.seq, hash: record.hash };
    unended = !ended;
  }
  if (head === undefined || rest !== undefined) throw damaged(Math.max(1, number));
  if (known !== undefined && known.seq > head.seq)
    throw new AuditError(
      'audit/behind-checkpoint',
      `the log in ${directory} ends with record ${head.seq}, but it had record ${known.seq}`,
    );
  return { log, segment, head, size: (await stat(path)).size, torn, unended };
};
