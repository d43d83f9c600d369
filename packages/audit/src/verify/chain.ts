import { explains, tornOf } from '../log/tail.ts';
import { type Head, chainNoteOf, noHash } from '../record/line.ts';
import { classify } from './classify.ts';
import type { Place, TamperFinding } from './finding.ts';
import { type SoundRecord, type WalkedLine, follows, walk } from './walk.ts';

/** What the chain of a log alone tells. */
export interface ChainResult {
  readonly head: Head;
  readonly finding: TamperFinding | undefined;
  readonly torn: (Place & { readonly bytes: number }) | undefined;
  readonly recovered: readonly Place[];
}

/** As many records before a break are kept to tell what was put in. */
const kept = 4096;

const comesLater = async (lines: AsyncIterable<WalkedLine>, seq: number): Promise<boolean> => {
  for await (const { record } of lines) if (record?.intact === true && record.seq === seq) return true;
  return false;
};

/**
 * Follows the chain of a log from its first record to the first one that is bad, or to its end. `seen` is told each sound
 * record in order.
 */
export const followChain = async (
  directory: string,
  segments: readonly number[],
  seen: (record: Head) => void,
  signal?: AbortSignal,
): Promise<ChainResult> => {
  const lines = walk(directory, segments, signal);
  const pull = async (): Promise<WalkedLine | undefined> => {
    const { value, done } = await lines.next();
    return done === true ? undefined : value;
  };
  let before: SoundRecord[] = [];
  let head: Head = { seq: 0, hash: noHash };
  const recovered: Place[] = [];
  const result = (more: Partial<ChainResult>): ChainResult => ({
    head,
    finding: undefined,
    torn: undefined,
    recovered,
    ...more,
  });
  let line = await pull();
  while (line !== undefined) {
    const { record, place, bytes } = line;
    if (record !== undefined && follows(line, head)) {
      head = { seq: record.seq, hash: record.hash };
      before.push({ place, record });
      if (before.length > 2 * kept) before = before.slice(-kept);
      seen(head);
      line = await pull();
      continue;
    }
    const next = await pull();
    const spoiled = record?.intact !== true;
    if (spoiled && !line.ended && next === undefined) return result({ torn: { ...place, bytes: bytes.length } });
    if (
      spoiled &&
      next?.place.file === place.file &&
      follows(next, head) &&
      explains(chainNoteOf(next.bytes), tornOf(bytes))
    ) {
      recovered.push(place);
      line = next;
      continue;
    }
    const finding = await classify({
      before,
      line,
      next,
      comesLater: async (seq) => (next?.record?.intact === true && next.record.seq === seq) || comesLater(lines, seq),
    });
    return result({ finding });
  }
  return result({});
};
