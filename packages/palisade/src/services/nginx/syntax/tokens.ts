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

/** White space as nginx has it; whatever else looks like space is a part of a word. */
const isSpace = (character: string | undefined): boolean => character !== undefined && ' \t\r\n'.includes(character);
const endsWord = (character: string | undefined): boolean =>
  character === undefined || isSpace(character) || character === ';' || character === '{';

/**
 * Splits a text as nginx does (`ngx_conf_read_token`): a comment starts where a word could, quotes count at the start of
 * a word alone, the brace behind a dollar sign is a part of its word, and `}` ends a block only where a word could start.
 * What is inside of `*_by_lua_block` is no nginx syntax, and so a fault.
 */
export const tokenize = (text: string): readonly Token[] | SyntaxFault => {
  const tokens: Token[] = [];
  /** Where the directive that is being read begins. */
  let start = 0;
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
      const directive = tokens[start];
      if (first === '{' && directive?.text.endsWith('_by_lua_block') === true)
        return { line: directive.line, column: directive.column, why: `${directive.text} holds a program` };
      tokens.push({ kind: first, text: first, written: first, ...place });
      start = tokens.length;
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
        const isVariable = text[end] === '$';
        end += text[end] === '\\' ? 2 : 1;
        if (isVariable) while (text[end] === '{') end += 1;
      }
      const written = text.slice(offset, end);
      tokens.push({ kind: 'word', text: unescaped(written), written, ...place });
      advance(end);
    }
  }
  return tokens;
};
