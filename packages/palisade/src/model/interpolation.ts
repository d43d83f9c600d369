import type { Interpolation } from '../contracts/location.ts';

/** Where the text of a variable comes from; undefined where it is not set. */
export type Lookup = (
  variable: string,
) => { readonly value: string; readonly source: 'environment' | 'env-file' } | undefined;

/** The result of an interpolation. */
export interface Interpolated {
  readonly text: string;
  /** The variables at the outermost level and those of the operands that were used, in order. */
  readonly interpolations: readonly Interpolation[];
  /** Variables written with `?` that have no value. */
  readonly required: readonly string[];
  /** True where a `$` starts no valid variable; the text is then as it was. */
  readonly invalid: boolean;
}

const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const operators = [':-', ':?', ':+', '-', '?', '+'] as const;

/** The deepest nesting of `${A:-${B:-…}}` that is followed. */
const deepest = 32;

/**
 * Substitutes variables in all forms of the Compose specification: `$A`, `${A}`, `${A:-x}`, `${A-x}`, `${A:?x}`,
 * `${A?x}`, `${A:+x}`, `${A+x}`, operands nested, `$$` for a dollar sign.
 */
export const interpolate = (text: string, lookup: Lookup): Interpolated => {
  if (!text.includes('$')) return { text, interpolations: [], required: [], invalid: false };
  const interpolations: Interpolation[] = [];
  const required: string[] = [];
  const result = expand(text, lookup, interpolations, required, 0);
  return result === undefined
    ? { text, interpolations: [], required: [], invalid: true }
    : { text: result, interpolations, required, invalid: false };
};

const expand = (
  text: string,
  lookup: Lookup,
  interpolations: Interpolation[],
  required: string[],
  depth: number,
): string | undefined => {
  if (depth > deepest) return undefined;
  let result = '';
  let position = 0;
  for (;;) {
    const dollar = text.indexOf('$', position);
    if (dollar < 0) return result + text.slice(position);
    result += text.slice(position, dollar);
    if (text[dollar + 1] === '$') {
      result += '$';
      position = dollar + 2;
      continue;
    }
    const braced = text[dollar + 1] === '{';
    const start = dollar + (braced ? 2 : 1);
    const variable = nameAt(text, start);
    if (variable === undefined) return undefined;
    let end = start + variable.length;
    let operator: Interpolation['operator'] = '';
    let operand: string | undefined;
    if (braced) {
      operator = operators.find((candidate) => text.startsWith(candidate, end)) ?? '';
      const close = operator === '' ? end : closingBrace(text, end + operator.length);
      if (close === undefined || text[close] !== '}') return undefined;
      if (operator !== '') operand = text.slice(end + operator.length, close);
      end = close + 1;
    }
    const found = lookup(variable);
    const usable = found !== undefined && (!operator.startsWith(':') || found.value !== '');
    const behind = operator.at(-1);
    const takesOperand = behind === '-' ? !usable : behind === '+' ? usable : false;
    interpolations.push({
      variable,
      operator,
      ...(operand === undefined ? {} : { operand }),
      source: takesOperand && behind === '-' ? 'default' : (found?.source ?? 'unset'),
    });
    if (takesOperand) {
      const inner = expand(operand ?? '', lookup, interpolations, required, depth + 1);
      if (inner === undefined) return undefined;
      result += inner;
    } else if (behind === '?' && !usable) required.push(variable);
    else if (behind !== '+') result += found?.value ?? '';
    position = end;
  }
};

const nameAt = (text: string, start: number): string | undefined => {
  name.lastIndex = start;
  return name.exec(text)?.[0];
};

/** The index of the brace that closes the one opened before `start`, over nested `${…}`. */
const closingBrace = (text: string, start: number): number | undefined => {
  let open = 1;
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === '$' && text[index + 1] === '$') index += 1;
    else if (text[index] === '$' && text[index + 1] === '{') {
      open += 1;
      index += 1;
    } else if (text[index] === '}') {
      open -= 1;
      if (open === 0) return index;
    }
  }
  return undefined;
};
