import { structuredPatch } from 'diff';
import { redactLines } from './redact.ts';

/** Two states of one file; undefined where there is none. */
export interface FileVersions {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** An empty side is said to stand after the line before it. */
const range = (start: number, lines: number): string =>
  lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`;

/** A unified diff with secrets masked; the empty string where nothing differs. */
export const unifiedDiff = ({ path, before, after }: FileVersions): string => {
  if (before === after) return '';
  const patch = structuredPatch(path, path, before ?? '', after ?? '', undefined, undefined, { context: 3 });
  const old = redactLines(before ?? '');
  const recent = redactLines(after ?? '');
  const lines = [
    before === undefined ? '--- /dev/null' : `--- a/${path}`,
    after === undefined ? '+++ /dev/null' : `+++ b/${path}`,
  ];
  for (const hunk of patch.hunks) {
    lines.push(`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`);
    let left = hunk.oldStart - 1;
    let right = hunk.newStart - 1;
    for (const line of hunk.lines) {
      const sign = line[0];
      if (sign === '\\') lines.push(line);
      else if (sign === '-') lines.push(`-${old[left++] ?? ''}`);
      else if (sign === '+') lines.push(`+${recent[right++] ?? ''}`);
      else {
        // The masks of both sides are the same unless a block of a secret begins above on one side only.
        const [ours, theirs] = [old[left++] ?? '', recent[right++] ?? ''];
        lines.push(` ${line.slice(1) === ours ? theirs : ours}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
};
