/** One directive of an nginx configuration, simple or with a block. */
export interface Directive {
  readonly name: string;
  /** Parameters without quotes and escapes, variables as written. */
  readonly args: readonly string[];
  /** Name and parameters as written, with their quotes; what is printed again. */
  readonly written: readonly string[];
  /** The directives of the block; absent for a simple directive. */
  readonly block?: readonly Directive[];
  /** Path of the file as the project shows it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

const bare = /^[^\s;{}"'#\\][^\s;{}\\]*$/;

/** A parameter as it has to be written so that nginx reads it back as it is. */
export const quoted = (text: string): string =>
  bare.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** Makes a directive that stands in no file. */
export const directive = (name: string, args: readonly string[] = [], block?: readonly Directive[]): Directive => ({
  name,
  args,
  written: [name, ...args.map(quoted)],
  ...(block === undefined ? {} : { block }),
  file: '',
  line: 1,
  column: 1,
});

/** Prints directives, a level of blocks with four spaces. Comments of the files that they were read from are not kept. */
export const print = (directives: readonly Directive[], depth = 0): string =>
  directives
    .map(({ written, block }) => {
      const indent = '    '.repeat(depth);
      const head = `${indent}${written.join(' ')}`;
      return block === undefined ? `${head};\n` : `${head} {\n${print(block, depth + 1)}${indent}}\n`;
    })
    .join('');
