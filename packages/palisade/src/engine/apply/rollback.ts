import type { Plan } from '../../contracts/change.ts';
import { messageOf } from '../../support/errors.ts';
import { error } from '../errors.ts';
import { type BoundService, bindService } from './bind.ts';
import { verifyFile } from './carry-out.ts';
import { type Drift, driftBetween, driftDetails } from './drift.ts';
import type { Json, ServiceExecutors } from './executor.ts';
import { type FileState, imageOf, sameImage } from './file-state.ts';
import { type LastApply, fileIntents, lastApply } from './history.ts';
import { openJournal } from './journal.ts';
import { type Originals, openOriginals } from './originals.ts';
import type { FileMemory } from './records.ts';
import { type RunOptions, withSession } from './session.ts';
import { type Site, openSite } from './site.ts';
import { type StatePaths, journalFile, statePaths } from './state-directory.ts';

/** What a rollback takes. */
export interface RollbackOptions extends RunOptions {
  /** Overwrites files that were edited after the apply; what they hold is kept beside the originals. */
  readonly force?: boolean;
  /** Undo changes of running services; needed where the apply made such changes. */
  readonly executors?: ServiceExecutors;
}

/** What a rollback did. */
export interface RollbackResult {
  /** The name of the apply that was undone. */
  readonly apply: string;
  /** Steps that were undone, in the order in which they were. */
  readonly undone: readonly number[];
  /** Where the contents lie that were overwritten by force. */
  readonly kept: readonly string[];
}

type Undoing = { readonly step: number; readonly target: string } & (
  | { readonly way: 'file'; readonly memory: FileMemory; readonly before: FileState }
  | { readonly way: 'service'; readonly memory: Json; readonly service: BoundService }
);

/**
 * What is left to undo, the last step first. Reads and checks everything that it will need, before anything is touched.
 */
const stepsToUndo = async (
  { records }: LastApply,
  originals: Originals,
  plan: () => Promise<Plan>,
  executors: ServiceExecutors,
): Promise<readonly Undoing[]> => {
  const files = fileIntents(records);
  const undone = new Set(records.flatMap((record) => (record.type === 'undone' ? [record.step] : [])));
  const steps: Undoing[] = [];
  for (const record of records) {
    if (record.type !== 'intent' || undone.has(record.step)) continue;
    const { step, target, kind, memory } = record;
    const file = files.get(step);
    if (file !== undefined) {
      steps.push({ step, target, way: 'file', memory: file, before: await originals.recall(file, 'before') });
      continue;
    }
    const planned = (await plan()).changes.find((candidate) => candidate.step === step);
    const service = planned && bindService(executors, planned.change);
    if (service === undefined) throw error('engine/executor-missing', { kind, step });
    steps.push({ step, target, way: 'service', memory, service });
  }
  return steps.toSorted((a, b) => b.step - a.step);
};

/** Files that hold nothing that the apply or this rollback, wherever either was killed, can have left there. */
const editedSince = async (
  steps: readonly Undoing[],
  originals: Originals,
  site: Site,
): Promise<readonly (Drift & { readonly step: number; readonly found: FileState })[]> => {
  const memories = steps.flatMap((step) => (step.way === 'file' ? [{ step: step.step, memory: step.memory }] : []));
  const edited: (Drift & { readonly step: number; readonly found: FileState })[] = [];
  for (const [path, [last, ...earlier]] of Map.groupBy(memories, ({ memory }) => memory.path)) {
    if (last === undefined) continue;
    const found = await site.read(path);
    const image = imageOf(found);
    const ours = [last, ...earlier].flatMap(({ memory }) => [memory.before, memory.after]);
    if (ours.some((known) => sameImage(known, image))) continue;
    edited.push({ ...driftBetween(path, await originals.recall(last.memory, 'after'), found), step: last.step, found });
  }
  return edited;
};

const undo = async (undoing: Undoing, site: Site, signal: AbortSignal): Promise<void> => {
  if (undoing.way === 'service') return await undoing.service.undo(undoing.memory, signal);
  const { memory, before } = undoing;
  await site.write(memory.path, before);
  await verifyFile(site, memory.path, memory.before);
  if (before.state === 'absent') await site.removeEmpty(memory.created);
};

const runRollback = async (paths: StatePaths, last: LastApply, options: RollbackOptions): Promise<RollbackResult> => {
  const { directory, force = false, executors = {}, write, progress, reached = () => undefined } = options;
  const { signal = new AbortController().signal } = options;
  const { apply, plan } = last.history;
  const site = openSite(directory, write);
  const originals = await openOriginals(paths, apply, write);
  const steps = await stepsToUndo(last, originals, () => originals.plan(plan), executors);
  const edited = await editedSince(steps, originals, site);
  if (edited.length > 0 && !force) throw error('engine/files-edited-since-apply', driftDetails(edited));

  const journal = await openJournal(journalFile(paths, apply), options.now ?? (() => new Date()));
  try {
    reached('begin', 0);
    await journal.append({ type: 'rollback', force });
    const kept: string[] = [];
    for (const { step, path, found } of edited) {
      if (found.state === 'absent') continue;
      const place = await originals.keepEdited(step, found.content);
      kept.push(place);
      progress?.(`${path} was edited since the apply; what it held is kept in ${place}`);
    }
    for (const undoing of steps) {
      const { step, target } = undoing;
      try {
        signal.throwIfAborted();
        reached('before-intent', step);
        await journal.append({ type: 'undo', step });
        reached('after-intent', step);
        await undo(undoing, site, signal);
        reached('after-act', step);
        await journal.append({ type: 'undone', step });
        reached('after-outcome', step);
      } catch (cause) {
        const why = signal.aborted ? 'interrupted' : messageOf(cause);
        throw error('engine/rollback-stopped', { step, target, why }, cause);
      }
      progress?.(`step ${step}: ${target}: undone`);
    }
    reached('before-end', 0);
    await journal.append({ type: 'rolled-back' });
    reached('end', 0);
    return { apply, undone: steps.map(({ step }) => step), kept };
  } finally {
    await journal.close();
  }
};

/**
 * Undoes the last apply, finished or not: contents and modes as they were, byte for byte; files and directories that it
 * made are gone. A rollback that was killed goes on when it is called again.
 *
 * Throws `engine/nothing-to-roll-back`; `engine/files-edited-since-apply` with a diff where a file was edited after the
 * apply, unless forced; `engine/originals-missing`, `engine/executor-missing`, `engine/directory-locked`: all with
 * nothing touched; and `engine/rollback-stopped`.
 */
export const rollback = async (options: RollbackOptions): Promise<RollbackResult> => {
  const { directory } = options;
  if ((await lastApply(statePaths(directory))).last === undefined)
    throw error('engine/nothing-to-roll-back', { directory });
  return await withSession(directory, async (paths) => {
    const { last } = await lastApply(paths);
    if (last === undefined || last.history.state === 'rolled-back')
      throw error('engine/nothing-to-roll-back', { directory });
    return await runRollback(paths, last, options);
  });
};
