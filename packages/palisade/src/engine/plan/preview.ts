import type { Change, ComposeEdit, Plan, PlannedChange } from '../../contracts/change.ts';
import { unifiedDiff } from '../diff/unified.ts';
import { error } from '../errors.ts';
import { comparePaths } from './paths.ts';
import { targetOf } from './make-plan.ts';
import { messageOf } from '../../support/errors.ts';

/** Applies one edit to the text of a Compose file; throws where the file does not hold what the edit expects. */
export type ApplyComposeEdit = (text: string, edit: ComposeEdit) => string;

/** Reads a text of the project; undefined where the file does not exist. */
export type ReadText = (path: string) => Promise<string | undefined>;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const fileOf = (change: Change): string | undefined => {
  if (change.kind === 'compose-edit') return change.file;
  return change.kind === 'file-write' || change.kind === 'file-mode' ? change.path : undefined;
};

const textAfter = (
  { step, change }: PlannedChange,
  text: string | undefined,
  applyComposeEdit: ApplyComposeEdit,
): string | undefined => {
  if (change.kind === 'file-write') return change.content;
  if (change.kind !== 'compose-edit') return text;
  try {
    return applyComposeEdit(text ?? '', change);
  } catch (cause) {
    throw error('engine/change-not-possible', { step, target: targetOf(change), why: messageOf(cause) }, cause);
  }
};

const deed = ({ change }: PlannedChange, before: string | undefined): string => {
  switch (change.kind) {
    case 'file-write':
      return `${before === undefined ? 'new file' : 'replace file'}, mode ${octal(change.mode)}`;
    case 'file-mode':
      return `mode ${octal(change.expects.mode)} → ${octal(change.mode)}`;
    case 'compose-edit':
      return `${change.edit.op} ${change.path.join('.')}`;
    default:
      return `${change.kind} ${targetOf(change)}`;
  }
};

/** `tls/one postgres, redis; tls/two redis`: each control once. */
const controlsOf = (answers: readonly string[]): string => {
  const split = answers.map((answer) => answer.split(' '));
  const byControl = Map.groupBy(split, ([control]) => control ?? '');
  return [...byControl]
    .map(([control, entries]) => [control, entries.map(([, ...resource]) => resource.join(' ')).join(', ')].join(' '))
    .join('; ');
};

/** The steps of one file, those with equal reasons together. */
const explain = (steps: readonly PlannedChange[], before: string | undefined): string => {
  const width = Math.max(...steps.map(({ step }) => String(step).length));
  const byReason = Map.groupBy(steps, ({ answers }) => controlsOf(answers));
  return [...byReason]
    .flatMap(([reason, planned]) => [
      ...(reason === '' ? [] : [`# ${reason}`]),
      ...planned.map((entry) => `#   step ${String(entry.step).padStart(width)}: ${deed(entry, before)}`),
    ])
    .join('\n');
};

/**
 * The plan for people: per file the steps with the findings that they answer, and one unified diff of all of them;
 * then the changes of services, then what is left to do by hand. Secrets that stand in the files are masked. Throws
 * `engine/change-not-possible` where a file has drifted from the plan.
 */
export const preview = async (plan: Plan, readText: ReadText, applyComposeEdit: ApplyComposeEdit): Promise<string> => {
  const byFile = Map.groupBy(plan.changes, ({ change }) => fileOf(change));
  const sections: string[] = [];
  const files = [...byFile.keys()].filter((path) => path !== undefined).toSorted(comparePaths);
  for (const path of files) {
    const before = await readText(path);
    const steps = byFile.get(path) ?? [];
    const after = steps.reduce<string | undefined>((text, step) => textAfter(step, text, applyComposeEdit), before);
    sections.push(`${explain(steps, before)}\n${unifiedDiff({ path, before, after })}`);
  }
  const services = byFile.get(undefined) ?? [];
  if (services.length > 0) sections.push(`${explain(services, undefined)}\n`);
  if (plan.manual.length > 0) {
    const lines = plan.manual.map(({ instructions, answers }) => `#   ${instructions} (${controlsOf(answers)})`);
    sections.push(`# by hand:\n${lines.join('\n')}\n`);
  }
  return sections.join('\n');
};
