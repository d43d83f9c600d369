import { z } from 'zod';
import type { Json } from './executor.ts';

const image = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('absent') }),
  z.strictObject({ state: z.literal('file'), sha256: z.string(), mode: z.int() }),
]);

/**
 * What the journal remembers of a file before it is changed. Contents are kept under `originals`, by their digests, and
 * never here.
 */
export const fileMemory = z.strictObject({
  path: z.string(),
  before: image,
  after: image,
  /** The owner of the file before. */
  owner: z.strictObject({ uid: z.int(), gid: z.int() }).optional(),
  /** Directories that are made for the file, outermost first. */
  created: z.array(z.string()),
});

/** What the journal remembers of a file before it is changed. */
export type FileMemory = z.infer<typeof fileMemory>;

/** A value that the journal can hold. */
export const journalValue: z.ZodType<Json> = z.json();

const at = z.iso.datetime();
const step = z.int().min(1);

/** One line of a journal. */
export const journalRecord = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('begin'), at, apply: z.string(), plan: z.string(), steps: z.int() }),
  z.strictObject({ type: z.literal('resume'), at }),
  /** The act follows; what undoes it is safe. */
  z.strictObject({ type: z.literal('intent'), at, step, kind: z.string(), target: z.string(), memory: journalValue }),
  /** `already`: there was nothing to do. */
  z.strictObject({
    type: z.literal('outcome'),
    at,
    step,
    kind: z.string(),
    target: z.string(),
    result: z.enum(['done', 'already', 'failed']),
    why: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('end'), at }),
  z.strictObject({ type: z.literal('rollback'), at, force: z.boolean() }),
  z.strictObject({ type: z.literal('undo'), at, step }),
  z.strictObject({ type: z.literal('undone'), at, step }),
  z.strictObject({ type: z.literal('rolled-back'), at }),
]);

/** One line of a journal. */
export type JournalRecord = z.infer<typeof journalRecord>;

/** A record before it is stamped with the time. */
export type JournalEntry = JournalRecord extends infer R ? (R extends JournalRecord ? Omit<R, 'at'> : never) : never;
