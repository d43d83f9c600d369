/** One setting of a `postgresql.conf`. Names are lower-case; PostgreSQL compares them without regard to case. */
export interface ConfigurationSetting {
  readonly name: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

/** What a `postgresql.conf` says. */
export interface ConfigurationFile {
  /** In the order of the file; of two settings with one name the last one holds. */
  readonly settings: readonly ConfigurationSetting[];
  /** `include`, `include_if_exists` and `include_dir` directives, which are not followed. */
  readonly includes: readonly { readonly directive: string; readonly path: string; readonly line: number }[];
  /** Lines that PostgreSQL would refuse; a server with one of them does not start. */
  readonly invalid: readonly { readonly line: number }[];
}

const line = /^\s*([A-Za-z_][\w$.]*)(?:\s*=\s*|\s+)('(?:[^'\\]|''|\\.)*'|[^\s'#=]+)\s*(?:#.*)?$/;
const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Takes the quotes off: `''` and `\'` are a quote, `\n` and octal escapes as in C. */
const unquote = (token: string): string =>
  token.startsWith("'")
    ? token
        .slice(1, -1)
        .replaceAll(/''|\\([0-7]{1,3}|.)/g, (whole, escaped: string | undefined) =>
          whole === "''"
            ? "'"
            : escaped !== undefined && /^[0-7]/.test(escaped)
              ? String.fromCharCode(Number.parseInt(escaped, 8))
              : (escapes[escaped ?? ''] ?? escaped ?? ''),
        )
    : token;

/** Reads a `postgresql.conf`. Source: PostgreSQL documentation, 20.1.2 and the server's own `guc-file` grammar. */
export const parseConfigurationFile = (text: string): ConfigurationFile => {
  const settings: ConfigurationSetting[] = [];
  const includes: { directive: string; path: string; line: number }[] = [];
  const invalid: { line: number }[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(content)) continue;
    const found = line.exec(content);
    const name = found?.[1]?.toLowerCase();
    const token = found?.[2];
    if (name === undefined || token === undefined) invalid.push({ line: index + 1 });
    else if (/^include(_if_exists|_dir)?$/.test(name))
      includes.push({ directive: name, path: unquote(token), line: index + 1 });
    else settings.push({ name, value: unquote(token), line: index + 1 });
  }
  return { settings, includes, invalid };
};

/** True and false as PostgreSQL reads them, unambiguous prefixes included; undefined for anything else. */
export const parseBoolean = (value: string): boolean | undefined => {
  const word = value.trim().toLowerCase();
  if (word === '') return undefined;
  if (word === 'on' || word === '1' || 'true'.startsWith(word) || 'yes'.startsWith(word)) return true;
  if (word === 'of' || word === 'off' || word === '0' || 'false'.startsWith(word) || 'no'.startsWith(word))
    return false;
  return undefined;
};

/** A value in the quoting of `postgresql.conf`. */
export const quoteSetting = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
