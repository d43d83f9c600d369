import { error } from '../errors.ts';
import type { Json } from './executor.ts';
import { type FileImage, imageOf, sameImage } from './file-state.ts';
import type { Journal } from './journal.ts';
import type { Originals } from './originals.ts';
import type { PreparedStep } from './prepare.ts';
import { type FileMemory, journalValue } from './records.ts';
import type { Moment } from './session.ts';
import type { Site } from './site.ts';

/** What carrying out a step writes to. */
export interface Ground {
  readonly site: Site;
  readonly originals: Originals;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly reached: (moment: Moment, step: number) => void;
}

/** Throws where a file is not what it should be. */
export const verifyFile = async (site: Site, path: string, image: FileImage): Promise<void> => {
  if (!sameImage(imageOf(await site.read(path)), image))
    throw new Error(`${path} does not hold what was written to it`);
};

const writeKept = async ({ site, originals }: Ground, memory: FileMemory): Promise<void> =>
  site.write(memory.path, await originals.recall(memory, 'after'));

const memoryOf = (journal: Journal, step: number): Json | undefined => {
  const intent = journal.records.findLast((record) => record.type === 'intent' && record.step === step);
  return intent?.type === 'intent' ? intent.memory : undefined;
};

/**
 * Carries out one step: intent, act, verification, outcome, each durable before the next. Resolves to whether there was
 * anything to do.
 */
export const carryOut = async (prepared: PreparedStep, ground: Ground): Promise<'done' | 'already'> => {
  const { journal, site, originals, signal, reached } = ground;
  const { step, kind, target } = prepared;

  const outcome = async (result: 'done' | 'already'): Promise<'done' | 'already'> => {
    reached('before-outcome', step);
    await journal.append({ type: 'outcome', step, kind, target, result });
    reached('after-outcome', step);
    return result;
  };
  const intend = async (memory: Json): Promise<void> => {
    reached('before-intent', step);
    await journal.append({ type: 'intent', step, kind, target, memory });
    reached('after-intent', step);
  };
  const isSettled = journal.records.some(
    (record) => record.type === 'outcome' && record.step === step && record.result !== 'failed',
  );

  switch (prepared.way) {
    case 'finished':
      return isSettled ? 'done' : outcome('done');
    case 'redo':
      await writeKept(ground, prepared.memory);
      reached('after-act', step);
      await verifyFile(site, prepared.memory.path, prepared.memory.after);
      return outcome('done');
    case 'file': {
      const { path, before, after } = prepared;
      if (!sameImage(imageOf(await site.read(path)), imageOf(before)))
        throw new Error(`${path} was changed by somebody else in the meantime`);
      if (sameImage(imageOf(before), imageOf(after))) return isSettled ? 'already' : outcome('already');
      const memory = await originals.remember(path, before, after, site);
      await intend(journalValue.parse(memory));
      await site.write(path, after);
      reached('after-act', step);
      await verifyFile(site, path, memory.after);
      return outcome('done');
    }
    case 'service': {
      const { service } = prepared;
      const known = memoryOf(journal, step);
      const answer = await service.check(signal);
      if (answer.standing === 'drifted') throw new Error(answer.why);
      if (answer.standing === 'done') {
        if (known !== undefined) await service.verify(known, signal);
        if (isSettled) return 'already';
        return outcome(known === undefined ? 'already' : 'done');
      }
      const memory = known ?? (await service.remember(signal));
      if (known === undefined) await intend(memory);
      await service.apply(memory, signal);
      reached('after-act', step);
      await service.verify(memory, signal);
      return outcome('done');
    }
  }
};

/** The coded error of a run that stopped at a step. */
export const stoppedAt = (
  prepared: PreparedStep,
  why: string,
  done: readonly number[],
  all: readonly PreparedStep[],
  cause: unknown,
) =>
  error(
    'engine/apply-stopped',
    {
      step: prepared.step,
      target: prepared.target,
      why,
      done,
      left: all.map(({ step }) => step).filter((step) => !done.includes(step)),
    },
    cause,
  );
