/** What the texts of one service's configuration are rewritten by. */
export interface Rewriting {
  /** Host path by container path. */
  readonly paths: ReadonlyMap<string, string>;
  /** Loopback port by container port, by each name under which a service is called on the stack's networks. */
  readonly ports: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The service's own ports: what it calls `0.0.0.0` and `localhost` is itself. */
  readonly own: ReadonlyMap<number, number>;
}

/** Ports that a URL leaves out. Sources: RFC 9110 for HTTP, the IANA registry and the drivers' manuals for the others. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  redis: 6379,
  rediss: 6379,
  amqp: 5672,
  amqps: 5671,
  mongodb: 27017,
};

const OWN_ADDRESSES = ['0.0.0.0', '127.0.0.1', '[::]', '[::1]', 'localhost'];

/** One of the texts, longest first, so that `db-replica` is found before `db`. */
const anyOf = (texts: Iterable<string>): string =>
  [...texts]
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`))
    .join('|');

/**
 * Replaces container paths by host paths: whole path segments only, the longest first, each place once. A path counts
 * where it begins: behind white space, quotes, `=`, `:`, brackets, or a URL's `//` with no authority.
 */
const rewritePaths = (content: string, paths: ReadonlyMap<string, string>): string =>
  paths.size === 0
    ? content
    : content.replace(
        new RegExp(`(?<![\\w.\\-/}~*$%+]|\\w@)(?:(?<=:)//)?(${anyOf(paths.keys())})(?![\\w\\-+~@%]|\\.\\w)`, 'g'),
        (whole, path: string) => whole.slice(0, whole.length - path.length) + (paths.get(path) ?? path),
      );

/** Not inside a longer name, path or variable. */
const NAME_START = String.raw`(?<![\w.\-$])(?<!\$\{)(?<!(?<!\/)\/)`;

/**
 * Replaces addresses of the stack by loopback ones: `service:port`, URLs without a port, and `host=… port=…` of libpq
 * connection strings. A `name:digits` that is the user and password of a URL is left alone.
 */
const rewriteAddresses = (content: string, { ports, own }: Rewriting): string => {
  const names = anyOf(ports.keys());
  const mapped = (name: string, port: number): number | undefined => ports.get(name)?.get(port);
  const ofService = (text: string): string =>
    text
      .replace(
        new RegExp(`${NAME_START}(${names}):(\\d{1,5})(?![\\w])(?![^\\s/"'<>,;()]*@)`, 'g'),
        (whole, name: string, digits: string) => {
          const port = mapped(name, Number(digits));
          return port === undefined ? whole : `localhost:${port}`;
        },
      )
      .replace(
        new RegExp(
          `\\b(${Object.keys(DEFAULT_PORTS).join('|')})://([^\\s/"'@]*@)?(${names})(?=[/?#\\s"'\`,;)\\]}]|$)`,
          'g',
        ),
        (whole, scheme: string, user: string | undefined, name: string) => {
          const port = mapped(name, DEFAULT_PORTS[scheme] ?? 0);
          return port === undefined ? whole : `${scheme}://${user ?? ''}localhost:${port}`;
        },
      )
      .replace(
        new RegExp(`\\bhost=(['"]?)(${names})\\1(\\s+)port=(['"]?)(\\d{1,5})\\4(?!\\w)`, 'g'),
        (whole, _quote, name: string, space: string, _other, digits: string) => {
          const port = mapped(name, Number(digits));
          return port === undefined ? whole : `host=localhost${space}port=${port}`;
        },
      );
  const itself = (text: string): string =>
    text.replace(
      new RegExp(`(?<![\\w.\\-:])(${anyOf(OWN_ADDRESSES)}):(\\d{1,5})(?![\\w])`, 'g'),
      (whole, address: string, digits: string) => {
        const port = own.get(Number(digits));
        return port === undefined ? whole : `${address === 'localhost' ? address : '127.0.0.1'}:${port}`;
      },
    );
  // Its own addresses first: what stands for another service afterwards is `localhost` too.
  const withOwn = own.size === 0 ? content : itself(content);
  return ports.size === 0 ? withOwn : ofService(withOwn);
};

/** Rewrites a text for the process runtime. Pure; a text without container paths or addresses comes back unchanged. */
export const rewriteText = (content: string, rewriting: Rewriting): string =>
  rewriteAddresses(rewritePaths(content, rewriting.paths), rewriting);

const HOST_NAME = /^(?<prefix>.*?)(?:HOST|HOSTNAME)$/;

/**
 * Rewrites an environment: every value as a text, and pairs `<X>HOST`/`<X>PORT` (`DB_HOST`, `DB_PORT`; `PGHOST`,
 * `PGPORT`) together, because a bare name says nothing about its port. Where the port is left to the client's default
 * and the service has one port only, the variable is added. Values that are unset are left out.
 */
export const rewriteEnvironment = (
  variables: Iterable<readonly [name: string, value: string | null]>,
  rewriting: Rewriting,
): Record<string, string> => {
  const given = [...variables].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  const result = new Map(given.map(([name, value]) => [name, rewriteText(value, rewriting)]));
  const before = new Map(given);
  for (const [name, value] of given) {
    const prefix = HOST_NAME.exec(name)?.groups?.['prefix'];
    const ports = rewriting.ports.get(value.trim());
    if (prefix === undefined || ports === undefined) continue;
    const written = before.get(`${prefix}PORT`);
    const [only, another] = [...ports.values()];
    const port = written === undefined ? (another === undefined ? only : undefined) : ports.get(Number(written.trim()));
    if (port === undefined) continue;
    result.set(name, 'localhost');
    result.set(`${prefix}PORT`, String(port));
  }
  return Object.fromEntries(result);
};
