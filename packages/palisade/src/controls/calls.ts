import type { Edge, Service, Stack } from '../contracts/stack.ts';
import { seenFiles } from './mounted-files.ts';
import { isKnownDataServer, isPooler, isVault } from './servers.ts';

/** Who calls whom, by service name. */
export type Calls = ReadonlyMap<string, ReadonlySet<string>>;

/** True for what stores data, Vault and connection poolers aside. */
export const isDataStore = (stack: Stack, service: Service): boolean =>
  !isVault(service) &&
  !isPooler(service) &&
  (stack.traits?.get(service.kind)?.storesData === true || isKnownDataServer(service));

const isMereOrder = ({ reasons }: Edge): boolean => reasons.every(({ text }) => text === 'depends_on');

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/**
 * How texts name a service as a host: `postgres:5432`, `https://postgres/`, `host=postgres`, `host: postgres`,
 * `<host>postgres</host>`, `replicaof postgres 5432`.
 */
const hostNamed = (name: string): RegExp => {
  const host = escaped(name);
  const port = String.raw`\d{2,5}\b`;
  return new RegExp(
    [
      String.raw`(?<![\w./-])${host}(?::|[ \t]+)${port}`,
      String.raw`//${host}(?=[:/\s"';]|$)`,
      String.raw`\bhost(?:name)?"?\s*[=:]\s*["']?${host}(?![\w.-])`,
      `<host(?:name)?>${host}</`,
    ].join('|'),
  );
};

/** Services that a mounted configuration, or the command and its arguments as one text, name as a host. */
const calledInTexts = (stack: Stack, service: Service): readonly string[] => {
  const texts = [
    ...seenFiles(stack, service).flatMap(({ file: { text } }) => (text === undefined ? [] : [text])),
    [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])].join(' '),
  ];
  return [...stack.services.keys()].filter((name) => {
    if (name === service.name) return false;
    const named = hostNamed(name);
    return texts.some((text) => named.test(text));
  });
};

/**
 * Who calls whom, as segments need it. `depends_on` counts as a call, because a service seldom waits for what it does
 * not need; but not where the caller names a pooler that calls the same database, and merely waits for the database.
 */
export const callsOf = (stack: Stack): Calls => {
  const known = remembered.get(stack);
  if (known !== undefined) return known;
  const calls = findCalls(stack);
  remembered.set(stack, calls);
  return calls;
};

/** A stack never changes, and every service asks for its calls. */
const remembered = new WeakMap<Stack, Calls>();

const findCalls = (stack: Stack): Calls => {
  const calls = new Map([...stack.services.keys()].map((name) => [name, new Set<string>()]));
  for (const { from, to } of stack.edges) calls.get(from)?.add(to);
  for (const service of stack.services.values())
    for (const to of calledInTexts(stack, service)) calls.get(service.name)?.add(to);

  const poolers = [...stack.services.values()].filter(isPooler);
  for (const service of stack.services.values()) {
    const called = calls.get(service.name);
    if (called === undefined || isPooler(service)) continue;
    for (const pooler of poolers) {
      const databases = [...(calls.get(pooler.name) ?? [])].filter((name) => {
        const target = stack.services.get(name);
        return target !== undefined && isDataStore(stack, target);
      });
      for (const database of databases) {
        if (!called.has(database)) continue;
        const direct = stack.edges.filter(({ from, to }) => from === service.name && to === database);
        const throughPooler = called.has(pooler.name) && direct.length > 0 && direct.every(isMereOrder);
        if (throughPooler) called.delete(database);
      }
    }
  }
  return calls;
};
