import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';

/** One setting of a configuration. */
export interface Entry {
  /** Dotted path in today's words: `net.tls.mode`. */
  readonly name: string;
  /** As text; a list is joined by commas. */
  readonly value: string;
  /** Counts from 1; 0 for one of the command line or the environment. */
  readonly line: number;
}

/** A parsed `mongod.conf`, or why it is none. */
export type ConfigurationFile =
  | { readonly state: 'known'; readonly entries: readonly Entry[] }
  | { readonly state: 'invalid'; readonly line: number; readonly why: string };

/** Names and values that were renamed with MongoDB 4.2. Source: MongoDB manual, configuration file options, net.ssl. */
const renamed: Readonly<Record<string, string>> = {
  'net.ssl.PEMKeyFile': 'net.tls.certificateKeyFile',
  'net.ssl.PEMKeyPassword': 'net.tls.certificateKeyFilePassword',
};

/** A setting in today's words. */
export const inTodaysWords = ({ name, value, line }: Entry): Entry => ({
  name: renamed[name] ?? name.replace(/^net\.ssl\./, 'net.tls.'),
  value: /^net\.(?:ssl|tls)\.mode$/.test(name) ? value.replace(/SSL$/, 'TLS') : value,
  line,
});

const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(textOf).join(',')
    : typeof value === 'string'
      ? value
      : (JSON.stringify(value) ?? '');

/** Parses `mongod.conf`, which is YAML. Source: MongoDB manual, configuration file options. */
export const parseConfigurationFile = (text: string): ConfigurationFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  const lineOf = (offset: number | undefined): number => (offset === undefined ? 1 : lines.linePos(offset).line);
  const [fault] = document.errors;
  if (fault !== undefined) return { state: 'invalid', line: lineOf(fault.pos[0]), why: 'is no valid YAML' };
  const { contents } = document;
  if (contents === null) return { state: 'known', entries: [] };
  if (!isMap(contents)) return { state: 'invalid', line: 1, why: 'is no mapping of settings' };
  const entries: Entry[] = [];
  let expanded: number | undefined;
  const walk = (map: YAMLMap, path: string): void => {
    for (const { key, value } of map.items) {
      if (!isScalar(key)) continue;
      const name = `${path}${String(key.value)}`;
      const line = lineOf(key.range?.[0]);
      if (/(?:^|\.)__(?:rest|exec)$/.test(name)) expanded ??= line;
      if (isMap(value)) walk(value, `${name}.`);
      else if (isScalar(value) || isSeq(value))
        entries.push(inTodaysWords({ name, value: textOf(value.toJSON()), line }));
    }
  };
  walk(contents, '');
  return expanded === undefined
    ? { state: 'known', entries }
    : { state: 'invalid', line: expanded, why: 'is filled in by a program or a web page when the server starts' };
};
