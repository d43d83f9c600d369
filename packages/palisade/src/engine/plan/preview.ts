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

const describe = (planned: PlannedChange, before: string | undefined): string => {
  const { step, change, answers } = planned;
  const what =
    change.kind === 'file-write'
      ? `${before === undefined ? 'new file' : 'replace file'}, mode ${octal(change.mode)}`
      : change.kind === 'file-mode'
        ? `mode ${octal(change.expects.mode)} → ${octal(change.mode)}`
        : change.kind === 'compose-edit'
          ? `${change.edit.op} ${change.path.join('.')}`
          : `${change.kind} ${targetOf(change)}`;
  return `# step ${step}: ${what}${answers.length === 0 ? '' : ` — ${answers.join(', ')}`}`;
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
    const lines: string[] = [];
    let text = before;
    for (const planned of byFile.get(path) ?? []) {
      lines.push(describe(planned, before));
      text = textAfter(planned, text, applyComposeEdit);
    }
    sections.push(`${lines.join('\n')}\n${unifiedDiff({ path, before, after: text })}`);
  }
  const services = byFile.get(undefined) ?? [];
  if (services.length > 0) sections.push(`${services.map((planned) => describe(planned, undefined)).join('\n')}\n`);
  if (plan.manual.length > 0) {
    const lines = plan.manual.map(({ instructions, answers }) => `#   ${instructions} — ${answers.join(', ')}`);
    sections.push(`# by hand:\n${lines.join('\n')}\n`);
  }
  return sections.join('\n');
};
