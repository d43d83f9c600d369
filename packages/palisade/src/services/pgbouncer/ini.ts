/** One `name = value` line. */
export interface IniEntry {
  readonly name: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

/** What a `pgbouncer.ini` says. */
export interface IniFile {
  readonly settings: readonly IniEntry[];
  /** Connection strings by the name under which clients ask for the database; `*` stands for every other one. */
  readonly databases: readonly IniEntry[];
  readonly users: readonly IniEntry[];
  /** `%include` lines, which are not followed. */
  readonly includes: readonly { readonly line: number }[];
  /** Lines that PgBouncer would refuse. */
  readonly invalid: readonly { readonly line: number }[];
}

/** Reads a `pgbouncer.ini`. Names are as PgBouncer has them, in any case. Source: pgbouncer(5). */
export const parseIni = (text: string): IniFile => {
  const sections: Record<string, IniEntry[]> = { pgbouncer: [], databases: [], users: [] };
  const includes: { line: number }[] = [];
  const invalid: { line: number }[] = [];
  let current: IniEntry[] | undefined;
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const trimmed = content.trim();
    if (trimmed === '' || trimmed.startsWith(';') || trimmed.startsWith('#')) continue;
    const section = /^\[([^\]]*)\]$/.exec(trimmed)?.[1]?.trim().toLowerCase();
    const entry = /^("(?:[^"]|"")+"|[^=\s]+)\s*=\s*(.*)$/.exec(trimmed);
    if (/^%include\s/.test(trimmed)) includes.push({ line });
    else if (section !== undefined) {
      // Sections of peers and of later versions hold nothing that is judged here.
      current = sections[section] ?? [];
    } else if (entry === null || current === undefined) invalid.push({ line });
    else {
      const [, name = '', value = ''] = entry;
      const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
      current.push({ name: current === sections['pgbouncer'] ? plain.toLowerCase() : plain, value, line });
    }
  }
  const { pgbouncer: settings = [], databases = [], users = [] } = sections;
  return { settings, databases, users, includes, invalid };
};

/** Reads a connection string (`host=db port=5432 password='a''b'`); undefined where it is none. */
export const parseConnection = (text: string): ReadonlyMap<string, string> | undefined => {
  const found = new Map<string, string>();
  let rest = text.trim();
  while (rest !== '') {
    const part = /^(\w+)\s*=\s*(?:'((?:[^']|'')*)'|([^\s']*))(?:\s+|$)/.exec(rest);
    if (part === null) return undefined;
    const [whole, name = '', quoted, bare = ''] = part;
    found.set(name.toLowerCase(), quoted === undefined ? bare : quoted.replaceAll("''", "'"));
    rest = rest.slice(whole.length);
  }
  return found;
};

/** Names of a comma-separated list, such as `admin_users`. */
export const parseList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((name) => name.trim().replaceAll(/^"|"$/g, ''))
    .filter((name) => name !== '');

/** A line of `userlist.txt`: the name and the form of what stands for its password, never the password. */
export interface UserLine {
  readonly user: string;
  readonly stored: 'plaintext' | 'md5' | 'scram' | 'none';
  readonly line: number;
}

/** Reads an `auth_file`. `invalid` are lines that PgBouncer skips. Source: pgbouncer(5), authentication file format. */
export const parseUserList = (
  text: string,
): { readonly users: readonly UserLine[]; readonly invalid: readonly { readonly line: number }[] } => {
  const users: UserLine[] = [];
  const invalid: { line: number }[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (content.trim() === '' || /^\s*[;#]/.test(content)) continue;
    const [, user, password] = /^\s*"((?:[^"]|"")*)"\s+"((?:[^"]|"")*)"/.exec(content) ?? [];
    if (user === undefined || password === undefined) {
      invalid.push({ line });
      continue;
    }
    const stored =
      password === ''
        ? 'none'
        : /^md5[0-9a-f]{32}$/.test(password)
          ? 'md5'
          : /^SCRAM-SHA-256\$\d+:[^$]+\$[^:]+:.+$/.test(password)
            ? 'scram'
            : 'plaintext';
    users.push({ user: user.replaceAll('""', '"'), stored, line });
  }
  return { users, invalid };
};
