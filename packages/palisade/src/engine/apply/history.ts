import { loadJournal } from './journal.ts';
import type { FileMemory, JournalRecord } from './records.ts';
import { fileMemory } from './records.ts';
import { type StatePaths, applyName, applyNames, journalFile, statePaths } from './state-directory.ts';

/** One step of an apply, as its journal tells it. */
export interface StepHistory {
  readonly step: number;
  readonly kind: string;
  readonly target: string;
  /** `begun`: the intent is written, the end is not known. `already`: there was nothing to do. */
  readonly state: 'begun' | 'done' | 'already' | 'failed' | 'undone';
  readonly why?: string;
}

/** One apply, as its journal tells it. */
export interface ApplyHistory {
  /** Names the apply; the later, the greater. */
  readonly apply: string;
  /** Digest of the plan. */
  readonly plan: string;
  /** ISO time. */
  readonly startedAt: string;
  /** ISO time of the last record. */
  readonly lastAt: string;
  readonly state: 'unfinished' | 'applied' | 'rolling-back' | 'rolled-back';
  /** Steps of the plan; those that were never reached have no history. */
  readonly total: number;
  readonly steps: readonly StepHistory[];
}

const stepStates = (records: readonly JournalRecord[]): readonly StepHistory[] => {
  const steps = new Map<number, StepHistory>();
  for (const record of records) {
    if (record.type === 'intent') {
      const { step, kind, target } = record;
      steps.set(step, { step, kind, target, state: 'begun' });
    } else if (record.type === 'outcome') {
      const { step, kind, target, result, why } = record;
      steps.set(step, { step, kind, target, state: result, ...(why === undefined ? {} : { why }) });
    } else if (record.type === 'undone') {
      const before = steps.get(record.step);
      if (before !== undefined) steps.set(record.step, { ...before, state: 'undone' });
    }
  }
  return [...steps.values()].toSorted((a, b) => a.step - b.step);
};

/** Tells the story of a journal; undefined where the run died before its first record. */
export const historyOf = (records: readonly JournalRecord[]): ApplyHistory | undefined => {
  const [begin] = records;
  if (begin?.type !== 'begin') return undefined;
  const has = (type: JournalRecord['type']): boolean => records.some((record) => record.type === type);
  const state = has('rolled-back')
    ? 'rolled-back'
    : has('rollback')
      ? 'rolling-back'
      : has('end')
        ? 'applied'
        : 'unfinished';
  const { apply, plan, at, steps } = begin;
  const lastAt = records.at(-1)?.at ?? at;
  return { apply, plan, startedAt: at, lastAt, state, total: steps, steps: stepStates(records) };
};

/** The intents of changes of files that are still in force, by step. */
export const fileIntents = (records: readonly JournalRecord[]): ReadonlyMap<number, FileMemory> => {
  const kinds = ['compose-edit', 'file-write', 'file-mode'];
  const undone = new Set(records.flatMap((record) => (record.type === 'undone' ? [record.step] : [])));
  return new Map(
    records.flatMap((record) =>
      record.type === 'intent' && kinds.includes(record.kind) && !undone.has(record.step)
        ? [[record.step, fileMemory.parse(record.memory)] as const]
        : [],
    ),
  );
};

/** The last apply of a directory. */
export interface LastApply {
  readonly history: ApplyHistory;
  readonly records: readonly JournalRecord[];
}

/** The last apply that wrote a record, and the name for the next one. */
export const lastApply = async (
  paths: StatePaths,
): Promise<{ readonly last: LastApply | undefined; readonly next: string }> => {
  for (const name of (await applyNames(paths)).toReversed()) {
    const records = await loadJournal(journalFile(paths, name));
    const history = historyOf(records);
    // A run that died before its first record leaves its name to the next one.
    if (history !== undefined) return { last: { history, records }, next: applyName(Number(name) + 1) };
  }
  return { last: undefined, next: applyName(1) };
};

/** The applies of a directory, oldest first. Reads only. Throws `engine/journal-damaged`. */
export const readJournal = async (directory: string): Promise<readonly ApplyHistory[]> => {
  const paths = statePaths(directory);
  const histories: ApplyHistory[] = [];
  for (const apply of await applyNames(paths)) {
    const history = historyOf(await loadJournal(journalFile(paths, apply)));
    if (history !== undefined) histories.push(history);
  }
  return histories;
};
