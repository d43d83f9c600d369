import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { mountedFile } from '../../model/queries.ts';
import { configurationDirectory } from './posture.ts';

/** A service that calls this one, and where its messages go. */
export interface Consumer {
  /** Its name, and that of its user, and the common name of its client certificate. */
  readonly name: string;
  readonly vhost: string;
  /** True where Palisade can give it a client certificate of its own. */
  readonly hasIdentity: boolean;
}

/** A login as a connection string of the stack holds it. */
export interface WrittenLogin {
  readonly user: string;
  readonly password: string;
  /** Undefined where the string names none. */
  readonly vhost?: string;
  readonly at: Location;
}

/** Reads the connection strings for a host in the environment of a service. */
export const writtenLogins = (caller: Service, host: string): readonly WrittenLogin[] =>
  [...caller.environment.values()].flatMap(({ value, at }) => {
    if (value === null || !/^amqps?:\/\//.test(value)) return [];
    const url = URL.parse(value.replace(/^[^:]+/, 'http'));
    if (url?.hostname !== host) return [];
    try {
      const vhost = decodeURIComponent(url.pathname.slice(1));
      return [
        {
          user: decodeURIComponent(url.username),
          password: decodeURIComponent(url.password),
          ...(vhost === '' ? {} : { vhost }),
          at,
        },
      ];
    } catch {
      return [];
    }
  });

/** The line of the hardened configuration that remembers where a consumer's messages go; its environment does not any more. */
export const rememberedVhost = ({ name, vhost }: Pick<Consumer, 'name' | 'vhost'>): string =>
  `# consumer ${name}: vhost ${JSON.stringify(vhost)}`;

const remembered = (stack: Stack, service: Service): ReadonlyMap<string, string> =>
  new Map(
    (mountedFile(stack, service, `${configurationDirectory}/rabbitmq.conf`)?.text ?? '').split('\n').flatMap((line) => {
      const [, name, text] = /^# consumer ([\w.-]+): vhost "((?:[^"\\]|\\["\\])+)"$/.exec(line) ?? [];
      return name === undefined || text === undefined ? [] : [[name, text.replaceAll(/\\(["\\])/g, '$1')] as const];
    }),
  );

/** The services that call this one, each once, in the order of the stack. */
export const callersOf = (stack: Stack, service: Service): readonly Service[] => {
  const names = new Set(
    stack.edges.filter(({ from, to }) => to === service.name && from !== service.name).map(({ from }) => from),
  );
  return [...stack.services.values()].filter(({ name }) => names.has(name));
};

/**
 * The declared consumers: every edge of the stack that ends here. One that names a vhost keeps it; one that is alone in the
 * default vhost gets one with its own name; several in it may talk to each other, and stay together.
 */
export const consumersOf = (stack: Stack, service: Service): readonly Consumer[] => {
  const known = remembered(stack, service);
  const callers = callersOf(stack, service).map((caller) => ({
    caller,
    vhost:
      writtenLogins(caller, service.name).find(({ vhost }) => vhost !== undefined)?.vhost ?? known.get(caller.name),
  }));
  const inDefault = callers.filter(({ vhost }) => vhost === undefined || vhost === '/');
  return callers.map(({ caller, vhost }) => ({
    name: caller.name,
    vhost: vhost !== undefined && vhost !== '/' ? vhost : inDefault.length > 1 ? '/' : caller.name,
    hasIdentity: caller.kind !== 'unknown',
  }));
};
