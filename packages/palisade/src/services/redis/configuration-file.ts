/** One directive of a configuration. */
export interface Directive {
  /** Lower case; `slaveof` and its kin under the name that they have today. */
  readonly name: string;
  readonly values: readonly string[];
  /** Counts from 1; 0 for one of the command line. */
  readonly line: number;
}

/** A parsed `redis.conf`. */
export interface ConfigurationFile {
  readonly directives: readonly Directive[];
  /** Lines that the server refuses, so that it does not start. */
  readonly invalid: readonly number[];
}

const renamed: Readonly<Record<string, string>> = { slaveof: 'replicaof' };

/** The name under which a directive is known here. */
export const directiveName = (name: string): string => renamed[name.toLowerCase()] ?? name.toLowerCase();

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\u0007' };

/** The word in quotes from `start`; undefined where it does not end, or where something is stuck to its end. */
const quoted = (text: string, start: number): { readonly word: string; readonly end: number } | undefined => {
  const quote = text.charAt(start);
  let word = '';
  for (let index = start + 1; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === quote) {
      const next = text.charAt(index + 1);
      return next === '' || /\s/.test(next) ? { word, end: index + 1 } : undefined;
    }
    if (character !== '\\') word += character;
    else if (quote === "'") {
      const isQuote = text.charAt(index + 1) === "'";
      word += isQuote ? "'" : '\\';
      if (isQuote) index++;
    } else {
      const byte = /^x([0-9a-f]{2})/i.exec(text.slice(index + 1))?.[1];
      const next = text.charAt(index + 1);
      word += byte === undefined ? (escapes[next] ?? next) : String.fromCharCode(Number.parseInt(byte, 16));
      index += byte === undefined ? 1 : 3;
    }
  }
  return undefined;
};

/** Words of a line as the server splits it (`sdssplitargs`); undefined where the quotes are unbalanced. */
export const splitLine = (text: string): readonly string[] | undefined => {
  const words: string[] = [];
  let index = 0;
  while (index < text.length) {
    if (/\s/.test(text.charAt(index))) {
      index++;
      continue;
    }
    let word = '';
    while (index < text.length && !/\s/.test(text.charAt(index))) {
      const character = text.charAt(index);
      if (character === '"' || character === "'") {
        const part = quoted(text, index);
        if (part === undefined) return undefined;
        word += part.word;
        index = part.end;
      } else {
        word += character;
        index++;
      }
    }
    words.push(word);
  }
  return words;
};

/** Parses `redis.conf`: a comment is a line that begins with `#`, everything else is a directive with its values. */
export const parseConfigurationFile = (text: string): ConfigurationFile => {
  const directives: Directive[] = [];
  const invalid: number[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) continue;
    const words = splitLine(line);
    const [name, ...values] = words ?? [];
    if (name === undefined || values.length === 0) invalid.push(index + 1);
    else directives.push({ name: directiveName(name), values, line: index + 1 });
  }
  return { directives, invalid };
};

/** A value as the configuration holds it, quoted where it has to be. */
export const quoteValue = (value: string): string =>
  /^[\w./:@%+,*-]+$/.test(value)
    ? value
    : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
