import type { ComposeValue } from '../../contracts/change.ts';
import { typedScalar } from '../document.ts';

/** How the edited file is laid out. */
export interface Layout {
  readonly newline: '\n' | '\r\n';
  /** Spaces of one level of nesting. */
  readonly step: number;
  /** Spaces by which a sequence stands right of its key: 0 or more. */
  readonly sequenceOffset: number;
}

/** The quotes that a text is written in. */
export type Quotes = 'plain' | 'single' | 'double';

// What YAML 1.1 or an older Compose reads as something else than a text.
const misread =
  /^(?:y|n|yes|no|on|off|true|false|null|~|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?|[-+]?0[bxo]?[\da-f_]+|[-+]?[\d_.]+(?:e[-+]?\d+)?|\d{4}-\d\d?-\d\d?.*|[-+]?\.(?:inf|nan)|<<|=)$/i;
// No indicator in front, no `: `, ` #` or trailing colon or space inside.
const plainText = /^(?![-?:](?:\s|$))[^\s\-?:,[\]{}#&*!|>'"%@`][^\n\r\t]*$|^[-?:][^\s,[\]{}][^\n\r\t]*$/;

/** True where a text may stand without quotes. */
const isPlainSafe = (text: string, inFlow: boolean): boolean =>
  plainText.test(text) &&
  text === text.trim() &&
  !misread.test(text) &&
  typedScalar(text) === text &&
  !/:(?:\s|$)|\s#/.test(text) &&
  // eslint-disable-next-line no-control-regex -- control characters are what has to be found
  !/[\u0000-\u001F\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/.test(text) &&
  !(inFlow && /[,[\]{}]|:[^/\w]?/.test(text)) &&
  text.isWellFormed();

/** A scalar as YAML text on one line; quoted where YAML needs it, else as `quotes` says. */
export const renderScalar = (
  value: string | number | boolean | null,
  quotes: Quotes = 'plain',
  inFlow = false,
): string => {
  if (value === null) return 'null';
  if (typeof value !== 'string') return String(value);
  // eslint-disable-next-line no-control-regex -- control characters are what has to be found
  const single = !/[\u0000-\u001F\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/.test(value) && value.isWellFormed();
  if (quotes === 'single' && single) return `'${value.replaceAll("'", "''")}'`;
  if (quotes === 'plain' && isPlainSafe(value, inFlow)) return value;
  return doubleQuoted(value);
};

/** JSON's string is YAML's double-quoted one, but for characters that only YAML asks to be escaped. */
const doubleQuoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A key as YAML text. */
export const renderKey = (key: string, inFlow = false): string => renderScalar(key, 'plain', inFlow);

/** True where a value is written on the line of its key also in block style: scalars and empty collections. */
export const isInline = (value: ComposeValue): boolean =>
  typeof value !== 'object' || value === null || Object.keys(value).length === 0;

/** True for a sequence. */
export const isList = (value: ComposeValue): value is readonly ComposeValue[] => Array.isArray(value);

/** True for a mapping. */
export const isMapping = (value: ComposeValue): value is { readonly [key: string]: ComposeValue } =>
  typeof value === 'object' && value !== null && !isList(value);

/** A scalar or an empty collection on the line of its key. */
export const renderInline = (value: ComposeValue, quotes: Quotes = 'plain'): string =>
  typeof value === 'object' && value !== null ? renderFlow(value) : renderScalar(value, quotes);

/** A value in flow style on one line. */
export const renderFlow = (value: ComposeValue, quotes: Quotes = 'plain'): string => {
  if (isList(value)) return `[${value.map((item) => renderFlow(item, quotes)).join(', ')}]`;
  if (isMapping(value)) {
    const entries = Object.entries(value).map(
      ([key, inner]) => `${renderKey(key, true)}: ${renderFlow(inner, quotes)}`,
    );
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return renderScalar(value, quotes, true);
};

/** The lines of a collection in block style, the first ones at `column` spaces; without final newline. */
export const renderBlock = (value: ComposeValue, column: number, layout: Layout): readonly string[] => {
  const pad = ' '.repeat(column);
  if (isList(value))
    return value.flatMap((item) => {
      if (isInline(item)) return [`${pad}- ${renderInline(item)}`];
      const [first = '', ...rest] = renderBlock(item, column + 2, layout);
      return [`${pad}- ${first.trimStart()}`, ...rest];
    });
  if (isMapping(value)) return Object.entries(value).flatMap(([key, inner]) => renderPair(key, inner, column, layout));
  return [`${pad}${renderScalar(value)}`];
};

/** The lines of one key with its value in block style. */
export const renderPair = (key: string, value: ComposeValue, column: number, layout: Layout): readonly string[] => {
  const pad = ' '.repeat(column);
  if (value === null) return [`${pad}${renderKey(key)}:`];
  if (isInline(value)) return [`${pad}${renderKey(key)}: ${renderInline(value)}`];
  const inner = column + (isList(value) ? layout.sequenceOffset : layout.step);
  return [`${pad}${renderKey(key)}:`, ...renderBlock(value, inner, layout)];
};
