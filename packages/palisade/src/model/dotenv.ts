import type { Location } from '../contracts/location.ts';
import { type Lookup, interpolate } from './interpolation.ts';
import type { Report } from './errors.ts';

/** One variable of an environment file. */
export interface EnvironmentLine {
  readonly name: string;
  /** Absent where the line is a bare name, which takes its value from the environment. */
  readonly value?: string;
  /** The value as written, without its quotes. */
  readonly raw: string;
  readonly at: Location;
}

const statement = /(?:export[ \t]+)?([A-Za-z0-9_.-]+)[ \t]*(?:([=:])[ \t]*)?/y;
const escapes: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/**
 * Reads an environment file: `NAME=value`, `NAME: value`, `export`, comments; `'…'` is literal, `"…"` expands escapes
 * and variables, an unquoted value ends at ` #` and expands variables. Variables see the file's earlier lines first.
 * Source: Compose documentation, “.env file syntax”.
 */
export const readEnvironmentFile = (
  file: string,
  text: string,
  lookup: Lookup,
  report: Report,
): readonly EnvironmentLine[] => {
  const lines: EnvironmentLine[] = [];
  const known = new Map<string, string>();
  const own: Lookup = (name) => {
    const value = known.get(name);
    return value === undefined ? lookup(name) : { value, source: 'env-file' };
  };
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  let line = 1;
  let position = 0;
  const moveTo = (end: number): void => {
    for (let index = source.indexOf('\n', position); index >= 0 && index < end; index = source.indexOf('\n', index + 1))
      line += 1;
    position = end;
  };
  const endOfLine = (from: number): number => {
    const end = source.indexOf('\n', from);
    return end < 0 ? source.length : end;
  };
  while (position < source.length) {
    const start = position + (/^[\s]*/.exec(source.slice(position, position + 10_000))?.[0].length ?? 0);
    moveTo(start);
    if (start >= source.length) break;
    const lineStart = source.lastIndexOf('\n', start - 1) + 1;
    const at: Location = { file, line, column: start - lineStart + 1 };
    if (source[start] === '#') {
      moveTo(endOfLine(start));
      continue;
    }
    statement.lastIndex = start;
    const found = statement.exec(source);
    const name = found?.[1];
    const assigned = found?.[2] !== undefined;
    const valueStart = start + (found?.[0].length ?? 0);
    if (
      name === undefined ||
      (!assigned && !/^[ \t]*(?:#.*)?$/.test(source.slice(valueStart, endOfLine(valueStart))))
    ) {
      report('error', 'model/env-line-invalid', { file }, at);
      moveTo(endOfLine(start));
      continue;
    }
    if (!assigned) {
      const inherited = own(name);
      lines.push({ name, raw: '', at, ...(inherited === undefined ? {} : { value: inherited.value }) });
      moveTo(endOfLine(valueStart));
      continue;
    }
    const quote = source.charAt(valueStart);
    let raw: string;
    let value: string;
    if (quote === "'" || quote === '"') {
      const close = closingQuote(source, valueStart);
      if (close === undefined) {
        report('error', 'model/env-line-invalid', { file }, at);
        moveTo(endOfLine(start));
        continue;
      }
      raw = source.slice(valueStart + 1, close);
      value = quote === "'" ? raw : expand(unescape(raw), own, file, at, report);
      const rest = endOfLine(close + 1);
      if (!/^[ \t]*(?:#.*)?$/.test(source.slice(close + 1, rest)))
        report('error', 'model/env-line-invalid', { file }, at);
      moveTo(rest);
    } else {
      const end = endOfLine(valueStart);
      raw = source
        .slice(valueStart, end)
        .replace(/(?:^|\s)#.*$/, '')
        .trim();
      value = expand(raw, own, file, at, report);
      moveTo(end);
    }
    known.set(name, value);
    lines.push({ name, value, raw, at });
  }
  return lines;
};

/** Reads `format: raw`: `NAME=value` a line, nothing quoted, nothing expanded. */
export const readRawEnvironmentFile = (file: string, text: string): readonly EnvironmentLine[] =>
  text.split(/\r?\n/).flatMap((content, index): readonly EnvironmentLine[] => {
    const equals = content.indexOf('=');
    if (equals <= 0 || content.trimStart().startsWith('#')) return [];
    const raw = content.slice(equals + 1);
    return [{ name: content.slice(0, equals).trim(), value: raw, raw, at: { file, line: index + 1, column: 1 } }];
  });

/** A `\$` stays, so that the dollar sign survives the interpolation. */
const unescape = (text: string): string =>
  text.replace(/\\([nrt"\\$])/g, (_, letter: string) => (letter === '$' ? '$$' : (escapes[letter] ?? letter)));

const expand = (text: string, lookup: Lookup, file: string, at: Location, report: Report): string => {
  const { text: result, invalid } = interpolate(text, lookup);
  if (invalid) report('error', 'model/env-line-invalid', { file }, at);
  return result;
};

const closingQuote = (text: string, open: number): number | undefined => {
  const quote = text[open];
  for (let index = open + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === quote) return index;
  }
  return undefined;
};
