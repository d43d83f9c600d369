import { readFile } from 'node:fs/promises';
import { controls, kinds } from '../catalog.generated.ts';
import type { Evidence, EvidenceName } from '../contracts/evidence.ts';
import type { Assessment } from '../contracts/finding.ts';
import type { Stack } from '../contracts/stack.ts';
import { assess } from '../engine/assess/assess.ts';
import { exitCodeOf } from '../engine/assess/exit-code.ts';
import { type ExitCode, messageOf } from '../support/errors.ts';
import type { JobContext } from './context.ts';
import { error } from './errors.ts';
import { type ProjectOptions, openProject } from './project.ts';

/** What `palisade assess` takes. */
export interface AssessOptions extends ProjectOptions {
  readonly live: boolean;
  /** A JSON report of an earlier run. */
  readonly baseline?: string | undefined;
}

/** What `palisade assess` found, and the exit code that follows from it. */
export interface AssessResult {
  readonly assessment: Assessment;
  readonly exitCode: ExitCode;
}

/** The parser's own message quotes the file, which may be another one than was meant. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
};

/** Reads the fingerprints of an earlier report. */
const readBaseline = async (file: string): Promise<ReadonlySet<string>> => {
  const { parseFingerprints } = await import('../report/baseline.ts');
  try {
    return new Set(parseFingerprints(parseJson(await readFile(file, 'utf8'))));
  } catch (thrown) {
    throw error('job/baseline-unreadable', { file, why: messageOf(thrown) }, thrown);
  }
};

/** Assesses a stack that is loaded already, with the evidence that there is. */
export const assessStack = (
  stack: Stack,
  context: JobContext,
  evidence?: Evidence<EvidenceName>,
  baseline?: ReadonlySet<string>,
): Assessment =>
  assess({
    stack,
    controls,
    kinds,
    now: new Date(context.clock.now()),
    ...(evidence === undefined ? {} : { evidence }),
    ...(baseline === undefined ? {} : { baseline }),
  });

/** The job behind `palisade assess`. */
export const assessProject = async (options: AssessOptions, context: JobContext): Promise<AssessResult> => {
  const stack = await openProject(options, context);
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline);
  // What asks running services is loaded only where they are asked.
  const evidence = options.live ? await (await import('./live.ts')).collectAsOperator(stack, context) : undefined;
  const assessment = assessStack(stack, context, evidence, baseline);
  return { assessment, exitCode: exitCodeOf(assessment) };
};
