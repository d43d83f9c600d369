import type { SettledPolicy } from './policy.ts';

/** A segment of an address in find-my-way's syntax: text, `*`, or text with parameters like `:id` or `:id(^\\d+$)`. */
const patternOf = (segment: string): string => {
  if (segment.includes('*')) return '/.*';
  if (/(?<!:):\w/.test(segment)) return '/[^/]+';
  return `/${segment.replaceAll('::', ':').replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}`;
};

const routeOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .slice(1)
      .map((each) => patternOf(each))
      .join('')}$`,
    's',
  );

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/**
 * Knows by which methods an address can be called, for the `Allow` of 405 (RFC 9110 section 15.5.6). Empty where no route has the
 * address, and where one has it for this very method: then something else about it is not met, and 404 is the answer.
 */
export const createMethods = (
  policies: readonly SettledPolicy[],
): ((method: string, path: string) => readonly string[]) => {
  let read = 0;
  const known = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  return (method, path) => {
    // Plug-ins may declare routes until the server is ready.
    for (; read < policies.length; read++) {
      const policy = policies[read];
      if (policy === undefined) break;
      const { methods } = known.get(policy.url) ?? { methods: new Set<string>() };
      known.set(policy.url, { pattern: routeOf(policy.url), methods: methods.add(policy.method) });
    }
    const asked = decoded(path);
    const allowed = new Set(
      [...known.values()].flatMap(({ pattern, methods }) => (pattern.test(asked) ? [...methods] : [])),
    );
    return allowed.has(method) ? [] : [...allowed].sort();
  };
};
