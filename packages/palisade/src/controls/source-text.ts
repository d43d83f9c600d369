import type { Location } from '../contracts/location.ts';
import type { Stack } from '../contracts/stack.ts';

const lineAt = (stack: Stack, { file, line }: Location): string =>
  stack.sources.get(file)?.split('\n')[line - 1]?.replace(/\r$/, '') ?? '';

/** The one-line scalar that begins at a place of a Compose file, as written, without quotes and comment. */
export const scalarAt = (stack: Stack, at: Location): string | undefined => {
  const rest = lineAt(stack, at).slice(at.column - 1);
  const [, double, single, plain] =
    /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#'"][^#]*?))\s*(?:\s#.*)?$/.exec(rest) ?? [];
  return double ?? single?.replaceAll("''", "'") ?? plain;
};

/** Hides variables, so that what is left of a text is what the user wrote out; keeps every line where it is. */
const withoutVariables = (text: string): string =>
  text.replace(/\$\{(?:[^{}\n]|\$\{[^{}\n]*\})*\}/g, (variable) => '\0'.repeat(variable.length));

/**
 * Where a text stands in a value that begins at `at`: the first line from there that holds it, within the value's
 * file. Undefined where it is not written there, for example because a variable put it in.
 */
export const findWritten = (stack: Stack, at: Location, text: string): Location | undefined =>
  findFrom(stack, at, text, withoutVariables);

/** The same for a text with variables: `${DB_PASSWORD:-`. */
export const findVariable = (stack: Stack, at: Location, variable: string): Location | undefined =>
  findFrom(stack, at, `\${${variable}`, (line) => line) ?? findFrom(stack, at, `$${variable}`, (line) => line);

/** Lines that one command, entrypoint or health check may take. */
const longestValue = 100;

const findFrom = (
  stack: Stack,
  at: Location,
  text: string,
  visible: (line: string) => string,
): Location | undefined => {
  const lines = stack.sources.get(at.file)?.split('\n') ?? [];
  for (let line = at.line; line < Math.min(lines.length + 1, at.line + longestValue); line += 1) {
    const content = visible(lines[line - 1] ?? '');
    const column = content.indexOf(text, line === at.line ? at.column - 1 : 0);
    if (column >= 0) return { file: at.file, line, column: column + 1 };
  }
  return undefined;
};
