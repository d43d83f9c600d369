import { type Position, SyntaxFault } from './syntax.ts';

/** One word of HCL 1. */
export type Token =
  | { readonly kind: 'string' | 'identifier'; readonly text: string; readonly at: Position }
  | { readonly kind: 'number'; readonly number: number; readonly at: Position }
  | { readonly kind: '{' | '}' | '[' | ']' | '=' | ','; readonly at: Position }
  | { readonly kind: 'end'; readonly at: Position };

const space = /[ \t\r\n\u{feff}]+/uy;
const comment = /(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\//y;
const identifier = /[\p{L}_][\p{L}\p{N}_.-]*/uy;
const number = /-?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_.])/uy;
const heredoc = /<<(-?)([\p{L}\p{N}_]+)[ \t]*\r?\n/uy;
const punctuation = /[{}[\]=,]/y;
const escape = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})|([abfnrtv\\"]))/y;

const controls: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

const matchAt = (pattern: RegExp, text: string, offset: number): RegExpExecArray | undefined => {
  pattern.lastIndex = offset;
  return pattern.exec(text) ?? undefined;
};

/** Turns offsets of a text into positions. */
export const positions = (text: string): ((offset: number) => Position) => {
  const starts = [0];
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) starts.push(index + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
};

/** Reads a quoted string from its opening quote. `${…}` stays as written, quotes inside of it included, as in HCL 1. */
const quoted = (text: string, start: number, place: (offset: number) => Position): { text: string; end: number } => {
  let read = '';
  let depth = 0;
  for (let offset = start + 1; offset < text.length;) {
    const character = text.charAt(offset);
    if (depth === 0 && character === '"') return { text: read, end: offset + 1 };
    if (depth === 0 && character === '\n') break;
    if (depth === 0 && character === '\\') {
      const found = matchAt(escape, text, offset);
      if (found === undefined) throw new SyntaxFault('unknown escape in a string', place(offset));
      const [whole, short, long, byte, octal, control] = found;
      const hexadecimal = short ?? long ?? byte;
      const point =
        hexadecimal !== undefined
          ? Number.parseInt(hexadecimal, 16)
          : octal !== undefined
            ? Number.parseInt(octal, 8)
            : 0;
      if (point > 0x10ffff) throw new SyntaxFault('escape outside of Unicode', place(offset));
      read += control === undefined ? String.fromCodePoint(point) : (controls[control] ?? control);
      offset += whole.length;
      continue;
    }
    if (text.startsWith('${', offset)) {
      depth += 1;
      read += '${';
      offset += 2;
      continue;
    }
    if (depth > 0 && character === '{') depth += 1;
    if (depth > 0 && character === '}') depth -= 1;
    read += character;
    offset += 1;
  }
  throw new SyntaxFault('a string is not closed', place(start));
};

/** The lines of a heredoc up to its marker; `<<-` takes away the indentation that all lines share. */
const hereText = (
  text: string,
  offset: number,
  marker: string,
  indented: boolean,
  at: Position,
): { text: string; end: number } => {
  const lines: string[] = [];
  for (let start = offset; start < text.length;) {
    const stop = text.indexOf('\n', start);
    const line = text.slice(start, stop === -1 ? text.length : stop).replace(/\r$/, '');
    if (line.trim() === marker) {
      const shared = indented
        ? Math.min(...lines.filter((each) => each.trim() !== '').map((each) => each.length - each.trimStart().length))
        : 0;
      const cut = Number.isFinite(shared) ? shared : 0;
      // The marker's line ends before its line break, so that the break still separates what follows.
      return { text: lines.map((each) => `${each.slice(cut)}\n`).join(''), end: start + line.length };
    }
    lines.push(line);
    if (stop === -1) break;
    start = stop + 1;
  }
  throw new SyntaxFault('a text that begins with << has no end', at);
};

/**
 * Splits HCL 1, the language of Vault's and OpenBao's server configuration and policies, into words. Throws a
 * `SyntaxFault` where it meets anything else.
 */
export const tokenize = (text: string): Token[] => {
  const place = positions(text);
  const tokens: Token[] = [];
  for (let offset = 0; offset < text.length;) {
    const at = place(offset);
    const blank = matchAt(space, text, offset) ?? matchAt(comment, text, offset);
    if (blank !== undefined) {
      offset += blank[0].length;
      continue;
    }
    if (text.charAt(offset) === '"') {
      const string = quoted(text, offset, place);
      tokens.push({ kind: 'string', text: string.text, at });
      offset = string.end;
      continue;
    }
    const here = matchAt(heredoc, text, offset);
    if (here !== undefined) {
      const [whole, dash, marker = ''] = here;
      const body = hereText(text, offset + whole.length, marker, dash === '-', at);
      tokens.push({ kind: 'string', text: body.text, at });
      offset = body.end;
      continue;
    }
    const mark = matchAt(punctuation, text, offset)?.[0];
    if (mark === '{' || mark === '}' || mark === '[' || mark === ']' || mark === '=' || mark === ',') {
      tokens.push({ kind: mark, at });
      offset += 1;
      continue;
    }
    const digits = matchAt(number, text, offset);
    if (digits !== undefined) {
      const negative = digits[0].startsWith('-');
      const magnitude = Number(negative ? digits[0].slice(1) : digits[0]);
      tokens.push({ kind: 'number', number: negative ? -magnitude : magnitude, at });
      offset += digits[0].length;
      continue;
    }
    const name = matchAt(identifier, text, offset);
    if (name === undefined) throw new SyntaxFault(`unexpected ${JSON.stringify(text.charAt(offset))}`, at);
    tokens.push({ kind: 'identifier', text: name[0], at });
    offset += name[0].length;
  }
  tokens.push({ kind: 'end', at: place(text.length) });
  return tokens;
};
