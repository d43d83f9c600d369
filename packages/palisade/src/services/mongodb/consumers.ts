import type { Service, Stack } from '../../contracts/stack.ts';
import { replicaSet } from './posture.ts';

/** The account that administers a server; nobody has it but the server's own container. */
export const administrator = 'administrator';

/** Members of a server's replica set, itself among them, in a stable order; the server alone where it is part of none. */
export const membersOf = (stack: Stack, service: Service): readonly Service[] => {
  const name = replicaSet(stack, service);
  return name === undefined
    ? [service]
    : [...stack.services.values()]
        .filter((other) => other.kind === 'mongodb' && replicaSet(stack, other) === name)
        .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
};

/** The member under whose path the credentials are kept: accounts of a replica set are the same on all members. */
export const accountHolder = (stack: Stack, service: Service): Service => membersOf(stack, service)[0] ?? service;

/** The services that call a server or a member of its replica set, each once, in the order of the stack. */
export const consumersOf = (stack: Stack, service: Service): readonly Service[] => {
  const members = new Set(membersOf(stack, service).map(({ name }) => name));
  const names = new Set(
    stack.edges.filter(({ from, to }) => members.has(to) && !members.has(from)).map(({ from }) => from),
  );
  return [...stack.services.values()].filter(({ name }) => names.has(name));
};

/** Databases that belong to the server itself. */
const reserved = new Set(['admin', 'local', 'config']);

/** Names that MongoDB takes on every system. Source: MongoDB manual, naming restrictions. */
const isName = (name: string): boolean => /^[A-Za-z0-9_-]{1,63}$/.test(name) && !reserved.has(name);

/** What a connection string of MongoDB says, for one of the given hosts. */
export interface ConnectionString {
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Reads `mongodb://user:password@host:port,…/database?…`; undefined for another text, and for other hosts. */
export const readConnectionString = (text: string, isHost: (host: string) => boolean): ConnectionString | undefined => {
  const found = /^mongodb:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?/.exec(text.trim());
  if (found === null) return undefined;
  const [, username = '', password = '', hosts = '', database = ''] = found;
  if (!hosts.split(',').some((host) => isHost(host.replace(/:\d+$/, '')))) return undefined;
  return { database: decoded(database), username: decoded(username), password: decoded(password) };
};

/** The database of a consumer: the one of its connection string, else that of the first start, else one of its own name. */
export const databaseOf = (stack: Stack, service: Service, consumer: Service): string => {
  const members = new Set(membersOf(stack, service).map(({ name }) => name));
  const written = [...consumer.environment].flatMap(([name, { value }]) => {
    const byString = readConnectionString(value ?? '', (host) => members.has(host))?.database;
    // In the hardened posture the connection string is gone, and its name alone is left.
    return byString ?? (/^MONGO(?:DB)?_(?:NAME|DATABASE|DB)$/.test(name) ? (value ?? '') : []);
  });
  const first = service.environment.get('MONGO_INITDB_DATABASE')?.value ?? '';
  return [...written, first].find(isName) ?? consumer.name.replaceAll('.', '-').slice(0, 63);
};
