import { type Body, type Entry, SyntaxFault, type Value } from './syntax.ts';
import { type Token, tokenize } from './tokens.ts';

/** Nesting that no configuration needs; a bound for the parser's own recursion. */
const deepest = 64;

const shown = (token: Token): string => {
  if (token.kind === 'end') return 'the end of the file';
  // Its text may be a secret that lacks its quotes.
  if (token.kind === 'identifier') return 'a bare word';
  return token.kind === 'string' ? 'a string' : token.kind === 'number' ? 'a number' : `“${token.kind}”`;
};

const unexpected = (token: Token, wanted: string): SyntaxFault =>
  new SyntaxFault(`expected ${wanted}, found ${shown(token)}`, token.at);

/**
 * Reads HCL 1 as Vault and OpenBao use it: blocks with labels, strings, numbers, booleans, lists, objects, comments,
 * heredocs. Expressions are not part of that language; they, like every other fault, throw a `SyntaxFault`.
 */
export const parseHcl = (text: string): Body => {
  const tokens = tokenize(text);
  let next = 0;
  const peek = (): Token => tokens[next] ?? { kind: 'end', at: { line: 1, column: 1 } };
  const take = (): Token => {
    const token = peek();
    next += 1;
    return token;
  };

  const value = (depth: number): Value => {
    const token = take();
    if (depth > deepest) throw new SyntaxFault(`nested deeper than ${deepest}`, token.at);
    if (token.kind === 'string') return { kind: 'string', text: token.text, at: token.at };
    if (token.kind === 'number') return { kind: 'number', number: token.number, at: token.at };
    if (token.kind === 'identifier' && (token.text === 'true' || token.text === 'false'))
      return { kind: 'boolean', boolean: token.text === 'true', at: token.at };
    if (token.kind === '{') return { kind: 'object', body: body('}', depth), at: token.at };
    if (token.kind !== '[') throw unexpected(token, 'a value');
    const items: Value[] = [];
    while (peek().kind !== ']') {
      items.push(value(depth + 1));
      if (peek().kind === ',') next += 1;
      else if (peek().kind !== ']') throw unexpected(peek(), '“,” or “]”');
    }
    next += 1;
    return { kind: 'list', items, at: token.at };
  };

  const entry = (depth: number): Entry => {
    const key = take();
    if (key.kind !== 'identifier' && key.kind !== 'string') throw unexpected(key, 'a name');
    const labels: string[] = [];
    for (;;) {
      const token = peek();
      if (token.kind === '=' && labels.length === 0) {
        next += 1;
        return { key: key.text, labels, value: value(depth + 1), at: key.at };
      }
      if (token.kind === '{') return { key: key.text, labels, value: value(depth + 1), at: key.at };
      if (token.kind !== 'string' && token.kind !== 'identifier') throw unexpected(token, '“=” or “{”');
      labels.push(token.text);
      next += 1;
    }
  };

  const body = (end: '}' | 'end', depth: number): Body => {
    const entries: Entry[] = [];
    while (peek().kind !== end) {
      entries.push(entry(depth));
      if (peek().kind === ',') next += 1;
    }
    next += 1;
    return entries;
  };

  return body('end', 0);
};
