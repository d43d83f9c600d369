import type { Plan } from '../../contracts/change.ts';
import { messageOf } from '../../support/errors.ts';
import { error } from '../errors.ts';
import { type Ground, carryOut, stoppedAt } from './carry-out.ts';
import type { Executors } from './executor.ts';
import { imageOf, sameImage } from './file-state.ts';
import { type LastApply, fileIntents, lastApply } from './history.ts';
import { loadJournal, openJournal } from './journal.ts';
import { openOriginals } from './originals.ts';
import { type PreparedStep, prepare } from './prepare.ts';
import { type RunOptions, withSession } from './session.ts';
import { type Site, openSite } from './site.ts';
import { type StatePaths, forgetOthers, journalFile, statePaths } from './state-directory.ts';

/** What finishing a killed apply takes. */
export interface ResumeOptions extends RunOptions {
  readonly executors: Executors;
}

/** What an apply takes. */
export interface ApplyOptions extends ResumeOptions {
  readonly plan: Plan;
  /** Texts that the plan was made from, by path: what differs from them is refused, and shown as a diff. */
  readonly basis?: ReadonlyMap<string, string>;
}

/** What an apply did. */
export interface ApplyResult {
  /** The name of the apply in the journal; absent where there was nothing to do. */
  readonly apply?: string;
  /** Steps that changed something, in this run or the one that it finished. */
  readonly done: readonly number[];
  /** Steps whose change was there already. */
  readonly already: readonly number[];
}

interface Run {
  readonly options: ResumeOptions;
  readonly plan: Plan;
  readonly basis: ReadonlyMap<string, string>;
  readonly paths: StatePaths;
  readonly apply: string;
}

/** Refuses to go on where a rollback is under way. */
const refuseHalfRolledBack = (last: LastApply | undefined, directory: string): void => {
  if (last?.history.state === 'rolling-back')
    throw error('engine/rollback-unfinished', { apply: last.history.apply, directory });
};

const isAboutFiles = ({ changes }: Plan): boolean =>
  changes.every(({ change }) => ['compose-edit', 'file-write', 'file-mode'].includes(change.kind));

const stillHolds = async (site: Site, { records }: LastApply): Promise<boolean> => {
  const last = new Map([...fileIntents(records).values()].map((memory) => [memory.path, memory.after]));
  for (const [path, after] of last) if (!sameImage(imageOf(await site.read(path)), after)) return false;
  return true;
};

const carryOutAll = async (prepared: readonly PreparedStep[], ground: Ground, run: Run): Promise<ApplyResult> => {
  const done: number[] = [];
  const already: number[] = [];
  for (const step of prepared) {
    const settled = (): readonly number[] => [...done, ...already].toSorted((a, b) => a - b);
    if (ground.signal.aborted) throw stoppedAt(step, 'interrupted', settled(), prepared, ground.signal.reason);
    try {
      const result = await carryOut(step, ground);
      (result === 'done' ? done : already).push(step.step);
      run.options.progress?.(`step ${step.step} of ${prepared.length}: ${step.target}: ${result}`);
    } catch (cause) {
      const why = messageOf(cause);
      const { step: number, kind, target } = step;
      // Where the disk is full this cannot be written either; the intent without an outcome says enough.
      await ground.journal
        .append({ type: 'outcome', step: number, kind, target, result: 'failed', why })
        .catch(() => undefined);
      throw stoppedAt(step, why, settled(), prepared, cause);
    }
  }
  return { apply: run.apply, done, already };
};

const runApply = async (run: Run): Promise<ApplyResult> => {
  const { options, plan, paths, apply, basis } = run;
  const { executors, directory, write, signal = new AbortController().signal, reached = () => undefined } = options;
  const file = journalFile(paths, apply);
  const site = openSite(directory, write);
  const originals = await openOriginals(paths, apply, write);
  const records = await loadJournal(file);
  const prepared = await prepare({ plan, executors, site, originals, records, basis }, signal);
  const journal = await openJournal(file, options.now ?? (() => new Date()));
  try {
    if (records.length === 0) {
      await originals.keepPlan(plan);
      reached('begin', 0);
      await journal.append({ type: 'begin', apply, plan: plan.digest, steps: plan.changes.length });
      await forgetOthers(paths, apply);
    } else await journal.append({ type: 'resume' });
    const result = await carryOutAll(prepared, { site, originals, journal, signal, reached }, run);
    reached('before-end', 0);
    await journal.append({ type: 'end' });
    reached('end', 0);
    return result;
  } finally {
    await journal.close();
  }
};

/**
 * Applies a plan to the files of a directory, and to running services where executors of such changes are given.
 * Nothing is touched unless the whole plan can be rehearsed. Each step is journalled before and after it; a run that
 * was killed at any point is finished by calling this again with the same plan, or `resumeApply`. Applying a plan twice
 * changes nothing.
 *
 * Throws `engine/files-drifted`, `engine/directory-locked`, `engine/apply-unfinished` and relatives with nothing
 * touched, and `engine/apply-stopped` with what is done and what is not.
 */
export const applyPlan = async (options: ApplyOptions): Promise<ApplyResult> => {
  const { plan, directory, basis = new Map<string, string>() } = options;
  if (plan.changes.length === 0) return { done: [], already: [] };
  return await withSession(directory, async (paths) => {
    const { last, next } = await lastApply(paths);
    refuseHalfRolledBack(last, directory);
    const same = last?.history.plan === plan.digest;
    if (last?.history.state === 'unfinished') {
      const { apply } = last.history;
      if (!same) throw error('engine/apply-unfinished', { apply, directory });
      return await runApply({ options, plan, basis, paths, apply });
    }
    if (
      last?.history.state === 'applied' &&
      same &&
      isAboutFiles(plan) &&
      (await stillHolds(openSite(directory), last))
    )
      return { done: [], already: plan.changes.map(({ step }) => step) };
    return await runApply({ options, plan, basis, paths, apply: next });
  });
};

/**
 * Finishes the apply that a killed or failed run left, by the plan that it kept; undefined where there is none. Call it
 * before a new plan is made. Throws what `applyPlan` throws.
 */
export const resumeApply = async (options: ResumeOptions): Promise<ApplyResult | undefined> => {
  const { directory } = options;
  // Looked up first without the lock, so that a directory without a history is not written to.
  if ((await lastApply(statePaths(directory))).last === undefined) return undefined;
  return await withSession(directory, async (paths) => {
    const { last } = await lastApply(paths);
    refuseHalfRolledBack(last, directory);
    if (last?.history.state !== 'unfinished') return undefined;
    const { apply, plan: digest } = last.history;
    const plan = await (await openOriginals(paths, apply)).plan(digest);
    return await runApply({ options, plan, basis: new Map(), paths, apply });
  });
};
