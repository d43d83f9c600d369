import type { Plan, PlannedChange } from '../../contracts/change.ts';
import { PalisadeError, messageOf } from '../../support/errors.ts';
import { error } from '../errors.ts';
import { targetOf } from '../plan/make-plan.ts';
import { type BoundService, bindFile, bindService } from './bind.ts';
import { type Drift, driftBetween, driftDetails } from './drift.ts';
import type { Executors } from './executor.ts';
import { type FileState, imageOf, sameImage, textOf } from './file-state.ts';
import { fileIntents } from './history.ts';
import type { Originals } from './originals.ts';
import type { FileMemory, JournalRecord } from './records.ts';
import type { Site } from './site.ts';

/** One step, with all that carrying it out takes. */
export type PreparedStep = {
  readonly step: number;
  readonly kind: string;
  readonly target: string;
} & (
  | { readonly way: 'finished' }
  /** The intent is written and the file is as before it. */
  | { readonly way: 'redo'; readonly memory: FileMemory }
  | { readonly way: 'file'; readonly path: string; readonly before: FileState; readonly after: FileState }
  | { readonly way: 'service'; readonly service: BoundService }
);

/** What a plan is rehearsed against. */
export interface Stage {
  readonly plan: Plan;
  readonly executors: Executors;
  readonly site: Site;
  readonly originals: Originals;
  /** What earlier, killed runs of the same apply wrote. */
  readonly records: readonly JournalRecord[];
  /** Texts that the plan was made from, by path; a file that differs from its text has drifted. */
  readonly basis: ReadonlyMap<string, string>;
}

const pathOf = ({ plan, executors }: Stage, step: number): string | undefined => {
  const planned = plan.changes.find((candidate) => candidate.step === step);
  return planned && bindFile(executors, planned.change)?.path;
};

/** Finds out, per file, how far earlier runs came: by looking at the file, not by believing the journal. */
const resume = async (
  stage: Stage,
  files: Map<string, FileState>,
  drifts: Drift[],
): Promise<ReadonlyMap<number, 'finished' | FileMemory>> => {
  const standing = new Map<number, 'finished' | FileMemory>();
  const byPath = Map.groupBy(fileIntents(stage.records), ([, { path }]) => path);
  for (const [path, intents] of byPath) {
    for (const [step] of intents) standing.set(step, 'finished');
    // A step that found its change made has no intent; later steps have moved the file on since.
    for (const record of stage.records)
      if (record.type === 'outcome' && record.result === 'already' && pathOf(stage, record.step) === path)
        standing.set(record.step, 'finished');
    const [step, memory] = intents.at(-1) ?? [];
    if (step === undefined || memory === undefined) continue;
    const found = await stage.site.read(path);
    const image = imageOf(found);
    const after = await stage.originals.recall(memory, 'after');
    files.set(path, after);
    if (sameImage(image, memory.after)) continue;
    if (sameImage(image, memory.before)) standing.set(step, memory);
    else drifts.push(driftBetween(path, after, found));
  }
  return standing;
};

/** The text of a file as the model reads it: without the byte order mark that editors of Windows write. */
const readAs = (file: FileState): string | undefined => textOf(file)?.replace(/^\uFEFF/, '');

/** Rehearses one change of a file on what the earlier steps leave; undefined where the file has drifted. */
const rehearse = async (
  stage: Stage,
  { step, change }: PlannedChange,
  files: Map<string, FileState>,
  drifts: Drift[],
): Promise<{ readonly path: string; readonly before: FileState; readonly after: FileState } | undefined> => {
  const bound = bindFile(stage.executors, change);
  if (bound === undefined) return undefined;
  const { path } = bound;
  if (drifts.some((drift) => drift.path === path)) return undefined;
  const known = files.get(path);
  const before = known ?? (await stage.site.read(path));
  const text = stage.basis.get(path);
  if (known === undefined && text !== undefined && text !== readAs(before)) {
    const expected: FileState = {
      state: 'file',
      content: Buffer.from(text),
      mode: before.state === 'file' ? before.mode : 0o644,
    };
    drifts.push(driftBetween(path, expected, before));
    return undefined;
  }
  try {
    const after = bound.after(before);
    files.set(path, after);
    return { path, before, after };
  } catch (thrown) {
    drifts.push({ path, text: `step ${step}: ${targetOf(change)}: ${messageOf(thrown)}\n` });
    return undefined;
  }
};

/**
 * Rehearses a whole plan without touching anything. Throws `engine/files-drifted` with all that differs, and
 * `engine/executor-missing`.
 */
export const prepare = async (stage: Stage, signal: AbortSignal): Promise<readonly PreparedStep[]> => {
  const files = new Map<string, FileState>();
  const drifts: Drift[] = [];
  const earlier = await resume(stage, files, drifts);
  const steps: PreparedStep[] = [];
  for (const planned of stage.plan.changes) {
    const { step, change } = planned;
    const base = { step, kind: change.kind, target: targetOf(change) };
    const standing = earlier.get(step);
    if (standing === 'finished') steps.push({ ...base, way: 'finished' });
    else if (standing !== undefined) steps.push({ ...base, way: 'redo', memory: standing });
    else if (bindFile(stage.executors, change) === undefined) {
      const service = bindService(stage.executors, change);
      if (service === undefined) throw error('engine/executor-missing', { kind: change.kind, step });
      const answer = await service.check(signal).catch((cause: unknown) => {
        if (cause instanceof PalisadeError) throw cause;
        throw error('engine/change-not-possible', { step, target: base.target, why: messageOf(cause) }, cause);
      });
      if (answer.standing === 'drifted')
        throw error('engine/change-not-possible', { step, target: base.target, why: answer.why });
      steps.push({ ...base, way: 'service', service });
    } else {
      const rehearsed = await rehearse(stage, planned, files, drifts);
      if (rehearsed !== undefined) steps.push({ ...base, way: 'file', ...rehearsed });
    }
  }
  if (drifts.length > 0) throw error('engine/files-drifted', driftDetails(drifts));
  return steps;
};
