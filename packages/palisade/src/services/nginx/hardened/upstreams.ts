import type { Service, Stack } from '../../../contracts/stack.ts';

/** A server of the stack that nginx passes requests to. */
export interface Upstream {
  readonly service: Service;
  /** The port of its hardened posture, where it serves TLS; undefined where nothing says that it will. */
  readonly tlsPort: number | undefined;
}

/** The bundled reference API tells its posture in a variable, and serves TLS on 8443 in the hardened one. */
const tlsPortOf = ({ environment }: Service): number | undefined =>
  environment.has('REFERENCE_API_POSTURE') ? 8443 : undefined;

/** The parts of an address that is passed to; undefined where variables hide it. */
export interface PassTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** What follows the authority, with its slash; empty where the request's own path is kept. */
  readonly path: string;
}

/** Reads the parameter of `proxy_pass`. */
export const passTarget = (text: string): PassTarget | undefined => {
  const found = /^(https?):\/\/([\w.-]+)(?::(\d+))?(\/.*)?$/.exec(text);
  if (found === null) return undefined;
  const [, scheme, host = '', port, path = ''] = found;
  return scheme === 'https'
    ? { scheme, host, port: Number(port ?? 443), path }
    : { scheme: 'http', host, port: Number(port ?? 80), path };
};

/** The service of the stack behind a host name. */
export const upstreamOf = (stack: Stack, host: string): Upstream | undefined => {
  const service = [...stack.services.values()].find(
    ({ name, containerName, networks }) =>
      name === host || containerName?.value === host || networks.some(({ aliases }) => aliases.includes(host)),
  );
  return service === undefined ? undefined : { service, tlsPort: tlsPortOf(service) };
};
