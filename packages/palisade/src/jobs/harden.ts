import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { createColors } from 'picocolors';
import type { Plan } from '../contracts/change.ts';
import type { Assessment } from '../contracts/finding.ts';
import type { Stack } from '../contracts/stack.ts';
import {
  applyPlan,
  exitCodeOf,
  fileExecutors,
  makePlan,
  prepareTarget,
  preview,
  resumeApply,
} from '../engine/index.ts';
import { composeEditor } from '../model/index.ts';
import { countFindings } from '../report/order.ts';
import { plural, printable } from '../report/text.ts';
import type { ExitCode } from '../support/errors.ts';
import { isFileSystemError } from '../support/files.ts';
import { assessStack } from './assess.ts';
import type { ResultContext } from './context.ts';
import { error } from './errors.ts';
import { startedOn } from './open-runtime.ts';
import { type ProjectOptions, openProject } from './project.ts';
import { departures } from './references.ts';

/** What `palisade harden` takes. */
export interface HardenOptions extends ProjectOptions {
  readonly dryRun: boolean;
  /** Directory of the hardened copy; relative to the project directory where it is the default, else to the working directory. */
  readonly out: string;
  readonly inPlace: boolean;
}

const readText = async (directory: string, path: string): Promise<string | undefined> => {
  try {
    return await readFile(resolve(directory, path), 'utf8');
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

/** Texts that the stack, and so the plan, was read from: what was edited since is noticed. */
const basisOf = ({ sources, files }: Stack): ReadonlyMap<string, string> =>
  new Map([
    ...[...files].flatMap(([path, { text }]) => (text === undefined ? [] : [[path, text] as const])),
    ...sources,
  ]);

const openCount = (assessment: Assessment): string => {
  const { open } = countFindings(assessment);
  return `${open.critical} critical, ${open.high} high, ${open.medium} medium, ${open.low} low`;
};

const manualList = ({ manual }: Plan, color: boolean): string => {
  if (manual.length === 0) return '';
  const colors = createColors(color);
  return [
    '',
    colors.bold(`Left for a person (${manual.length})`),
    ...manual.flatMap(({ instructions, answers }) => [
      `  ${printable(instructions)}`,
      colors.dim(`    ${answers.map(printable).join(', ')}`),
    ]),
    '',
  ].join('\n');
};

/** The directory to work in: the project itself, or a copy that is made where there is none yet. */
const workingDirectory = async (source: Stack, options: HardenOptions, context: ResultContext): Promise<string> => {
  if (options.inPlace) return source.directory;
  const target = resolve(options.out === 'hardened' ? join(source.directory, 'hardened') : options.out);
  const [departure] = dirname(target) === dirname(source.directory) ? [] : departures(source);
  if (departure !== undefined)
    throw error('job/reference-leaves-project', {
      ...departure.at,
      path: relative(source.directory, departure.path),
      sibling: `${source.directory}-hardened`,
    });
  const prepared = await prepareTarget({ source: source.directory, target });
  if (prepared.sourceChanged.length > 0)
    throw error('job/source-changed', { target, source: source.directory, files: prepared.sourceChanged });
  for (const path of prepared.skipped) context.progress(`not copied: ${path} (no regular file)`);
  context.progress(prepared.made ? `copied ${source.directory} to ${target}` : `going on with ${target}`);
  return prepared.directory;
};

/** Finishes what a killed run has begun; its plan was kept, and only after it can another one be made. */
const finishEarlierApply = async (directory: string, context: ResultContext): Promise<void> => {
  const result = await resumeApply({
    directory,
    executors: fileExecutors(composeEditor()),
    signal: context.signal,
    now: () => new Date(context.clock.now()),
  });
  if (result !== undefined) context.progress(`finished the apply ${result.apply ?? ''} that an earlier run had begun`);
};

/** Plans and applies the remedies of a directory's own findings. The plan is empty where there is nothing left to do. */
export const hardenDirectory = async (
  stack: Stack,
  context: Pick<ResultContext, 'signal' | 'progress' | 'clock'> & ResultContext,
): Promise<Plan> => {
  const plan = makePlan(assessStack(stack, context).findings);
  await applyPlan({
    plan,
    directory: stack.directory,
    executors: fileExecutors(composeEditor()),
    basis: basisOf(stack),
    signal: context.signal,
    now: () => new Date(context.clock.now()),
  });
  return plan;
};

/**
 * The job behind `palisade harden`. Its exit code is that of an assessment of what stands there afterwards: 1 where
 * findings at or above the threshold are left for a person.
 *
 * @throws `job/reference-leaves-project`, `job/source-changed`, and what preparing, planning and applying throw
 */
export const hardenProject = async (options: HardenOptions, context: ResultContext): Promise<ExitCode> => {
  const source = await openProject(options, context);
  const before = assessStack(source, context);
  if (options.dryRun) {
    const plan = makePlan(before.findings);
    await context.result(await preview(plan, (path) => readText(source.directory, path), composeEditor()));
    context.progress(
      `${plural(plan.changes.length, 'change')} planned, nothing was changed (plan ${plan.digest.slice(0, 12)})`,
    );
    return exitCodeOf(before);
  }
  const directory = await workingDirectory(source, options, context);
  await finishEarlierApply(directory, context);
  const stack = await openProject({ ...options, directory }, context);
  const plan = await hardenDirectory(stack, context);
  const after = assessStack(await openProject({ ...options, directory }, context), context);
  context.progress(
    `${plural(plan.changes.length, 'change')} applied in ${directory} (plan ${plan.digest.slice(0, 12)})`,
  );
  await context.result(
    `before  ${openCount(before)}\nafter   ${openCount(after)}\n${manualList(plan.changes.length === 0 ? makePlan(after.findings) : plan, context.color)}`,
  );
  if (options.inPlace && plan.changes.length > 0 && startedOn(directory) !== undefined)
    context.progress('what runs goes on in its earlier posture until palisade bootstrap or palisade up starts it anew');
  if (existsSync(join(directory, '.palisade')))
    context.progress(`undo with: palisade rollback ${relative('', directory) || '.'}`);
  return exitCodeOf(after);
};
