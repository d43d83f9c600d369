/** A word, or one of the characters that end and enclose directives. */
export interface Token {
  readonly kind: 'word' | ';' | '{' | '}';
  /** Without quotes and escapes. */
  readonly text: string;
  readonly written: string;
  readonly line: number;
  readonly column: number;
}

/** Why a text is no configuration, and where. */
export interface SyntaxFault {
  readonly line: number;
  readonly column: number;
  readonly why: string;
}

const escapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n', '"': '"', "'": "'", '\\': '\\' };

/** What nginx makes of backslashes: those that it does not know stay, for regular expressions. */
const unescaped = (text: string): string =>
  text.replace(/\\([\s\S])/g, (whole, next: string) => escapes[next] ?? whole);

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);
const endsWord = (character: string | undefined): boolean =>
  character === undefined || isSpace(character) || character === ';' || character === '{';

/**
 * Splits a text as nginx does (`ngx_conf_read_token`): a comment starts where a word could, quotes count at the start of
 * a word alone, `${name}` is a part of its word, and `}` ends a block only where a word could start.
 */
export const tokenize = (text: string): readonly Token[] | SyntaxFault => {
  const tokens: Token[] = [];
  let offset = 0;
  let line = 1;
  let lineStart = 0;
  const advance = (to: number): void => {
    for (; offset < to; offset += 1)
      if (text[offset] === '\n') {
        line += 1;
        lineStart = offset + 1;
      }
  };
  while (offset < text.length) {
    const first = text[offset] ?? '';
    const place = { line, column: offset - lineStart + 1 };
    if (isSpace(first)) advance(offset + 1);
    else if (first === '#') {
      const end = text.indexOf('\n', offset);
      advance(end < 0 ? text.length : end);
    } else if (first === ';' || first === '{' || first === '}') {
      tokens.push({ kind: first, text: first, written: first, ...place });
      advance(offset + 1);
    } else if (first === '"' || first === "'") {
      let end = offset + 1;
      while (end < text.length && text[end] !== first) end += text[end] === '\\' ? 2 : 1;
      if (end >= text.length) return { ...place, why: 'a quote is not closed' };
      const after = text[end + 1];
      if (!endsWord(after) && after !== ')') return { ...place, why: 'a closing quote is followed by more text' };
      const written = text.slice(offset, end + 1);
      tokens.push({ kind: 'word', text: unescaped(written.slice(1, -1)), written, ...place });
      advance(end + 1);
    } else {
      let end = offset;
      while (end < text.length && !endsWord(text[end])) {
        if (text[end] === '$' && text[end + 1] === '{') {
          const close = text.indexOf('}', end);
          if (close < 0) return { ...place, why: 'a variable in braces is not closed' };
          end = close + 1;
        } else end += text[end] === '\\' ? 2 : 1;
      }
      const written = text.slice(offset, end);
      tokens.push({ kind: 'word', text: unescaped(written), written, ...place });
      advance(end);
    }
  }
  return tokens;
};
