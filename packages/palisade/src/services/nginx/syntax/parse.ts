import type { Directive } from './directive.ts';
import { type SyntaxFault, type Token, tokenize } from './tokens.ts';

/** Blocks inside of each other; more is no configuration. */
const deepest = 32;

/** What a text holds, or why it is no configuration. */
export type Parsed =
  | { readonly directives: readonly Directive[]; readonly fault?: never }
  | { readonly fault: SyntaxFault };

/**
 * Parses the text of one file. Everything has to be understood: a text with one fault is a fault as a whole, as it is to
 * nginx.
 *
 * Source: nginx documentation, "Beginner's Guide", and `ngx_conf_file.c` for quoting.
 */
export const parse = (text: string, file: string): Parsed => {
  const tokens = tokenize(text);
  if ('why' in tokens) return { fault: tokens };
  let index = 0;
  let fault: SyntaxFault | undefined;
  const fail = ({ line, column }: Pick<Token, 'line' | 'column'>, why: string): undefined => {
    fault ??= { line, column, why };
    return undefined;
  };

  const block = (opened: Token | undefined, depth: number): readonly Directive[] | undefined => {
    const directives: Directive[] = [];
    for (;;) {
      const token = tokens[index];
      if (token === undefined) return opened === undefined ? directives : fail(opened, 'a block is not closed');
      index += 1;
      if (token.kind === '}') return opened === undefined ? fail(token, 'unexpected "}"') : directives;
      if (token.kind !== 'word') return fail(token, `unexpected "${token.kind}"`);
      const found = one(token, depth);
      if (found === undefined) return undefined;
      directives.push(found);
    }
  };

  const one = (first: Token, depth: number): Directive | undefined => {
    const words = [first];
    for (;;) {
      const token = tokens[index];
      if (token === undefined) return fail(first, `${first.text} has no end`);
      index += 1;
      if (token.kind === 'word') {
        words.push(token);
        continue;
      }
      if (token.kind === '}') return fail(token, `unexpected "}" in ${first.text}`);
      const common = {
        name: first.text,
        args: words.slice(1).map((word) => word.text),
        written: words.map((word) => word.written),
        file,
        line: first.line,
        column: first.column,
      };
      if (token.kind === ';') return common;
      if (depth >= deepest) return fail(first, 'blocks are nested too deeply');
      const inner = block(first, depth + 1);
      return inner === undefined ? undefined : { ...common, block: inner };
    }
  };

  const directives = block(undefined, 0);
  if (directives !== undefined) return { directives };
  return { fault: fault ?? { line: 1, column: 1, why: 'the text is no configuration' } };
};
