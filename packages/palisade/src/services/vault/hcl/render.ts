import type { Body, Entry, Value } from './syntax.ts';

const name = /^[A-Za-z_][A-Za-z0-9_-]*$/;

const escaped = (found: string): string => {
  // The language takes what stands in `${…}` as it is, quotes included.
  if (found.startsWith('$')) return found;
  if (found === '"' || found === '\\') return `\\${found}`;
  return found === '\n' ? '\\n' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
};

/** A string in quotes, every character kept. */
export const quote = (text: string): string => `"${text.replace(/\$\{[^{}]*\}|["\\]|\p{Cc}/gu, escaped)}"`;

const key = (text: string): string => (name.test(text) ? text : quote(text));

const renderValue = (value: Value, indentation: string): string => {
  switch (value.kind) {
    case 'string':
      return quote(value.text);
    case 'number':
      return String(value.number);
    case 'boolean':
      return String(value.boolean);
    case 'list':
      return `[${value.items.map((item) => renderValue(item, indentation)).join(', ')}]`;
    case 'object':
      return `{\n${render(value.body, `${indentation}  `)}${indentation}}`;
  }
};

const renderEntry = ({ key: name, labels, value }: Entry, indentation: string): string =>
  value.kind === 'object'
    ? `${indentation}${[key(name), ...labels.map(quote)].join(' ')} ${renderValue(value, indentation)}\n`
    : `${indentation}${key(name)} = ${renderValue(value, indentation)}\n`;

/** Entries as HCL 1; `parseHcl` reads the same entries back. */
export const render = (body: Body, indentation = ''): string =>
  body.map((entry) => renderEntry(entry, indentation)).join('');
