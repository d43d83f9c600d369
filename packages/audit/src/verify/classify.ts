import { type Head, noHash } from '../record/line.ts';
import type { TamperFinding, Tampering } from './finding.ts';
import { type SoundRecord, type WalkedLine, follows } from './walk.ts';

/** The first line that does not follow, what was before it and what comes after it. */
export interface Break {
  /** Sound records before the break, the last one last; not all of them, but the latest. */
  readonly before: readonly SoundRecord[];
  readonly line: WalkedLine;
  readonly next: WalkedLine | undefined;
  /** Whether an intact record with this number comes later. */
  readonly comesLater: (seq: number) => Promise<boolean>;
}

const finding = (kind: Tampering, seq: number, place: TamperFinding['place'], message: string): TamperFinding => ({
  kind,
  seq,
  message,
  ...(place === undefined ? {} : { place }),
});

/** A line whose hash is not the one of its bytes, or that is no record at all. */
const ofSpoiled = ({ line, next }: Break, head: Head): TamperFinding => {
  const expected = head.seq + 1;
  if (follows(next, head))
    return finding(
      'insertion',
      expected,
      line.place,
      `a line that is no record of this log was put in before record ${expected}`,
    );
  return finding(
    'edit',
    expected,
    line.place,
    line.record === undefined
      ? `what stands in the place of record ${expected} is no record`
      : `record ${expected} is not what its hash was taken of`,
  );
};

/** A number that was there already: what is a copy or a forgery, the line or what is before it? */
const ofRepeated = ({ before, line, next }: Break, head: Head, seq: number): TamperFinding => {
  const earlier = before.find(({ record }) => record.seq === seq);
  const copy = earlier?.record.hash === line.record?.hash;
  const branches = before.find(({ record }) => record.seq === seq - 1)?.record.hash ?? (seq === 1 ? noHash : undefined);
  // The genuine record of a number is the one that the rest of the log goes on from.
  if (earlier !== undefined && !copy && !follows(next, head) && branches === line.record?.prev)
    return finding(
      'insertion',
      seq,
      earlier.place,
      `a forged record ${seq} was put in; the one that the log goes on from is in ${line.place.file}, line ${line.place.line}`,
    );
  return finding(
    'insertion',
    seq,
    line.place,
    copy
      ? `a copy of record ${seq} was put in after record ${head.seq}`
      : `a second record ${seq} was put in after record ${head.seq}`,
  );
};

/** Says what was done at the first line that does not follow the one before it. */
export const classify = async (place: Break): Promise<TamperFinding> => {
  const { before, line } = place;
  const last = before.at(-1);
  const head: Head = last === undefined ? { seq: 0, hash: noHash } : last.record;
  const expected = head.seq + 1;
  const { record } = line;
  if (record === undefined || !record.intact) return ofSpoiled(place, head);
  if (record.seq <= head.seq) return ofRepeated(place, head, record.seq);
  if (record.seq > expected) {
    if (await place.comesLater(expected))
      return finding(
        'reorder',
        expected,
        line.place,
        `record ${record.seq} stands where record ${expected} belongs, which comes later`,
      );
    const missing =
      record.seq - 1 === expected ? `record ${expected} is` : `records ${expected} to ${record.seq - 1} are`;
    return finding('deletion', expected, line.place, `${missing} missing before record ${record.seq}`);
  }
  // It has the right number and names another predecessor: that one was changed, and its own hash with it.
  return last === undefined
    ? finding('edit', 1, line.place, 'the first record does not begin a chain')
    : finding(
        'edit',
        last.record.seq,
        last.place,
        `record ${last.record.seq} was changed and its hash with it; record ${record.seq} still names the original`,
      );
};
