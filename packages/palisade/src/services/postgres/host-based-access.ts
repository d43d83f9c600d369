/** Connection types of `pg_hba.conf`. */
export type HbaType = 'local' | 'host' | 'hostssl' | 'hostnossl' | 'hostgssenc' | 'hostnogssenc';

/** A name in a database or user column. Quoted keywords lose their meaning, hence the flag. */
export interface HbaName {
  readonly text: string;
  readonly quoted: boolean;
}

/** One rule. The first one that fits a connection decides. */
export interface HbaRule {
  readonly type: HbaType;
  readonly databases: readonly HbaName[];
  readonly users: readonly HbaName[];
  /** `all`, `samenet`, an address with mask length, or a host name; absent for `local`. */
  readonly address?: string;
  readonly method: string;
  readonly options: ReadonlyMap<string, string>;
  /** From 1; the first line of a continued rule. */
  readonly line: number;
}

/** What a `pg_hba.conf` says. */
export interface HbaFile {
  readonly rules: readonly HbaRule[];
  /** `include…` lines and `@file` names, which are not followed. */
  readonly includes: readonly { readonly line: number }[];
  /** Lines that PostgreSQL would refuse; with one of them the whole file is not loaded. */
  readonly invalid: readonly { readonly line: number; readonly reason: string }[];
}

const types: readonly string[] = ['local', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc'];
const isType = (word: string): word is HbaType => types.includes(word);

/** Splits a line into fields; each field is a list, as commas join names: `a, "b c"` is one field of two names. */
const fieldsOf = (text: string): HbaName[][] => {
  const fields: HbaName[][] = [];
  let position = 0;
  let joined = false;
  while (position < text.length) {
    const rest = text.slice(position);
    const blank = /^[\s]+/.exec(rest);
    if (blank) {
      position += blank[0].length;
      continue;
    }
    if (rest.startsWith('#')) break;
    if (rest.startsWith(',')) {
      joined = true;
      position += 1;
      continue;
    }
    const word = /^(?:"(?:[^"]|"")*"?|[^\s,"#])+/.exec(rest)?.[0] ?? rest;
    const name = {
      text: word.replaceAll(/"((?:[^"]|"")*)"?/g, (_, inner: string) => inner.replaceAll('""', '"')),
      quoted: word.startsWith('"'),
    };
    const last = fields.at(-1);
    if (joined && last !== undefined) last.push(name);
    else fields.push([name]);
    joined = false;
    position += word.length;
  }
  return fields;
};

/** Bits of a netmask (`255.255.0.0` → 16); undefined where it is none, or no run of ones. */
const maskLength = (mask: string): number | undefined => {
  const groups = mask.includes(':')
    ? expandIpv6(mask)?.map((group) => group.toString(2).padStart(16, '0'))
    : mask.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'));
  const bits = groups?.join('') ?? '';
  return /^1*0*$/.test(bits) && (bits.length === 32 || bits.length === 128)
    ? bits.replaceAll('0', '').length
    : undefined;
};

const hexGroups = (part: string): number[] =>
  part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));

const expandIpv6 = (address: string): number[] | undefined => {
  const [head = '', tail] = address.split('::');
  const front = hexGroups(head);
  const back = tail === undefined ? [] : hexGroups(tail);
  const gap = 8 - front.length - back.length;
  const groups = tail === undefined ? front : [...front, ...Array.from({ length: Math.max(0, gap) }, () => 0), ...back];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
};

/** Joins an address and a netmask as `pg_hba_file_rules` shows them: `10.0.0.0`, `255.0.0.0` → `10.0.0.0/8`. */
export const withMask = (address: string, mask: string): string => `${address}/${maskLength(mask) ?? mask}`;

const isAddress = (word: string): boolean =>
  /^\d+\.\d+\.\d+\.\d+$/.test(word) || (word.includes(':') && !word.includes('/'));

const ruleOf = (fields: HbaName[][], line: number): HbaRule | string => {
  const [typeField, databases, users, ...rest] = fields;
  const type = typeField?.[0]?.text ?? '';
  if (!isType(type)) return `${type} is no connection type`;
  if (databases === undefined || users === undefined) return 'database or user is missing';
  let address: string | undefined;
  if (type !== 'local') {
    address = rest.shift()?.[0]?.text;
    if (address === undefined) return 'the address is missing';
    const next = rest[0]?.[0]?.text;
    if (isAddress(address) && !address.includes('/')) {
      // The old form with a netmask in a column of its own.
      const length = next === undefined ? undefined : maskLength(next);
      if (length === undefined) return 'an address without mask';
      rest.shift();
      address = `${address}/${length}`;
    }
  }
  const method = rest.shift()?.[0]?.text;
  if (method === undefined) return 'the method is missing';
  const options = new Map<string, string>();
  for (const [option] of rest) {
    const at = option?.text.indexOf('=') ?? -1;
    if (option === undefined || at < 1) return `${option?.text ?? ''} is no option`;
    options.set(option.text.slice(0, at), option.text.slice(at + 1));
  }
  return { type, databases, users, ...(address === undefined ? {} : { address }), method, options, line };
};

/** Reads a `pg_hba.conf`. Source: PostgreSQL documentation, 21.1. */
export const parseHostBasedAccess = (text: string): HbaFile => {
  const rules: HbaRule[] = [];
  const includes: { line: number }[] = [];
  const invalid: { line: number; reason: string }[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let content = lines[index] ?? '';
    // Since version 14 a backslash at the end continues the line.
    while (content.endsWith('\\') && index + 1 < lines.length)
      content = `${content.slice(0, -1)} ${lines[++index] ?? ''}`;
    const fields = fieldsOf(content);
    if (fields.length === 0) continue;
    if (/^include(_if_exists|_dir)?$/.test(fields[0]?.[0]?.text ?? '')) {
      includes.push({ line });
      continue;
    }
    if (fields.slice(1, 3).some((names) => names.some(({ text, quoted }) => !quoted && text.startsWith('@'))))
      includes.push({ line });
    const rule = ruleOf(fields, line);
    if (typeof rule === 'string') invalid.push({ line, reason: rule });
    else rules.push(rule);
  }
  return { rules, includes, invalid };
};

/** True where the rule speaks of connections over the network (not a Unix socket, not loopback alone). */
export const reachesNetwork = ({ type, address = '' }: { readonly type: string; readonly address?: string }): boolean =>
  type !== 'local' && !/^(127\.\d+\.\d+\.\d+\/(8|9|1\d|2\d|3[0-2])|::1\/128|localhost)$/.test(address);

/** True where the address column admits a whole address family. */
export const isUnbounded = (address: string): boolean =>
  address === 'all' || /^(0+\.){3}0+\/0$/.test(address) || /^[0:]+\/0$/.test(address);

/** True where the rule's user column covers a role. Groups (`+role`) and patterns (`/…`) count as covering. */
export const coversUser = (rule: Pick<HbaRule, 'users'>, role: string): boolean =>
  rule.users.some(({ text, quoted }) => text === role || (!quoted && (text === 'all' || /^[+/@]/.test(text))));
