/** One line `name = value` of a `rabbitmq.conf`. */
export interface Entry {
  readonly name: string;
  readonly value: string;
  /** Counts from 1. */
  readonly line: number;
}

/** A parsed `rabbitmq.conf`. */
export interface ConfigurationFile {
  readonly entries: readonly Entry[];
  /** Lines that the server refuses, so that it does not start. */
  readonly invalid: readonly number[];
}

/** Parses the sysctl format: `name = value`, comments behind `#`. Source: RabbitMQ documentation, Configuration. */
export const parseConfigurationFile = (text: string): ConfigurationFile => {
  const entries: Entry[] = [];
  const invalid: number[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([\w.-]+)\s*=\s*('[^']*'|.*?)\s*(?:\s#.*)?$/.exec(line) ?? [];
    if (name === undefined || value === undefined || value === '') invalid.push(index + 1);
    else entries.push({ name, value: value.replace(/^'(.*)'$/, '$1'), line: index + 1 });
  }
  return { entries, invalid };
};

/** A value as the file holds it: in quotes where it would else end early. */
export const quoteValue = (value: string): string => (/#|^\s|\s$/.test(value) ? `'${value}'` : value);

/** Names of a list of plugins: `[rabbitmq_management,rabbitmq_mqtt].`, an Erlang term; undefined where it is none. */
export const parsePlugins = (text: string): readonly string[] | undefined => {
  const term = text.replace(/%.*$/gm, '').trim();
  const inner = /^\[([^[\]]*)\]\s*\.$/.exec(term)?.[1];
  if (inner === undefined) return undefined;
  const names = inner
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.every((name) => /^\w+$/.test(name)) ? names : undefined;
};
