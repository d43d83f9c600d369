import { type Scope, effective } from './configuration/servers.ts';

const isGood = (name: string, value: string): boolean => {
  if (name === 'strict-transport-security') return Number(/max-age="?(\d+)/.exec(value)?.[1] ?? 0) >= 15_768_000;
  if (name === 'x-content-type-options') return value === 'nosniff';
  if (name === 'content-security-policy') return /\bframe-ancestors\b/.test(value) || value.startsWith('$');
  return value !== '';
};

/** The headers of a list that a scope does not send with every answer. Without `always` errors go without them. */
export const lackingHeaders = (scope: Scope, names: readonly string[]): readonly string[] => {
  const sent = effective(scope, 'add_header').map(({ args: [name = '', value = '', always] }) => ({
    name: name.toLowerCase(),
    value,
    always: always === 'always',
  }));
  return names.filter((name) => !sent.some((each) => each.name === name && each.always && isGood(name, each.value)));
};
