/** One option of a file or of the command line. */
export interface Option {
  /** Without prefixes, with underscores: `skip-grant-tables` is `skip_grant_tables`, `loose-mysqlx` is `mysqlx`. */
  readonly name: string;
  /** What is written; `ON` for an option without a value, `OFF` for one with the prefix `skip` or `disable`. */
  readonly value: string;
  /** The name as it is written, with its prefixes. */
  readonly written: string;
  /** Group of the file, for example `mysqld`; empty for the command line. */
  readonly group: string;
  /** Counts from 1; 0 for the command line. */
  readonly line: number;
}

/** A parsed option file. Source: MySQL reference manual, "Using Option Files". */
export interface OptionFile {
  readonly options: readonly Option[];
  readonly includes: readonly {
    readonly directive: 'include' | 'includedir';
    readonly path: string;
    readonly line: number;
  }[];
  /** Lines that the server refuses, so that it does not start. */
  readonly invalid: readonly number[];
}

/** Options whose own name begins with `skip_`: the word is no prefix there. */
const skipping = new Set([
  'skip_character_set_client_handshake',
  'skip_external_locking',
  'skip_grant_tables',
  'skip_host_cache',
  'skip_name_resolve',
  'skip_networking',
  'skip_replica_start',
  'skip_show_database',
  'skip_slave_start',
  'skip_stack_trace',
]);

/** Reads one option from its written name and value, prefixes resolved. */
export const readOption = (written: string, value: string | undefined, group: string, line: number): Option => {
  const plain = written.replaceAll('-', '_').replace(/^(?:loose_|maximum_)+/, '');
  const option = { written, group, line } as const;
  if (skipping.has(plain)) return { ...option, name: plain, value: value ?? 'ON' };
  const [, prefix, rest] = /^(skip|disable|enable)_(\w+)$/.exec(plain) ?? [];
  if (prefix !== undefined && rest !== undefined && value === undefined)
    return { ...option, name: rest, value: prefix === 'enable' ? 'ON' : 'OFF' };
  return { ...option, name: plain, value: value ?? 'ON' };
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', s: ' ', '\\': '\\' };

/** A value without its quotes and without the comment behind it. */
const readValue = (text: string): string => {
  const trimmed = text.trim();
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(trimmed)?.[2];
  const bare = quoted ?? trimmed.replace(/(?:^|\s)#.*$/, '').trim();
  return bare.replaceAll(/\\([nrtbs\\])/g, (whole, letter: string) => escapes[letter] ?? whole);
};

/** Parses an option file: groups in brackets, `name` or `name=value`, comments with `#` and `;`, two include directives. */
export const parseOptionFile = (text: string): OptionFile => {
  const options: Option[] = [];
  const includes: OptionFile['includes'][number][] = [];
  const invalid: number[] = [];
  let group: string | undefined;
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const trimmed = content.trim();
    if (trimmed === '' || /^[#;]/.test(trimmed)) continue;
    const [, directive, path] = /^!(include|includedir)\s+(\S.*)$/.exec(trimmed) ?? [];
    if (path !== undefined) {
      includes.push({ directive: directive === 'include' ? 'include' : 'includedir', path: path.trim(), line });
      continue;
    }
    const named = /^\[([^\]]+)\]/.exec(trimmed)?.[1];
    if (named !== undefined) {
      group = named.trim();
      continue;
    }
    const [, written, value] = /^([A-Za-z][\w.-]*)\s*(?:=(.*))?(?:#.*)?$/.exec(trimmed) ?? [];
    // An option before the first group stops the server.
    if (written === undefined || group === undefined) invalid.push(line);
    else options.push(readOption(written, value === undefined ? undefined : readValue(value), group, line));
  }
  return { options, includes, invalid };
};

/** A value as an option file holds it, quoted where it has to be. */
export const quoteValue = (value: string): string =>
  /^[\w./:@%+,*-]*$/.test(value) ? value : `"${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}"`;

/** True for the spellings of a boolean that is on. */
export const isOn = (value: string): boolean => /^(?:on|1|true|yes)$/i.test(value);
