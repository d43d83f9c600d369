import type { Answer } from '../../../contracts/evidence.ts';
import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import type { Service } from '../../../contracts/stack.ts';
import { messageOf } from '../../../support/errors.ts';
import { known, unknown } from '../answers.ts';
import { error } from '../errors.ts';
import { httpPort, httpsPort } from '../matching.ts';
import { type Origin, type Reply, send } from './request.ts';

/** More ports than one service has; a bound for odd files. */
const mostPorts = 6;

/** The container ports that a service may listen on: those that its files name, and the usual ones. */
export const candidatePorts = (service: Service): readonly number[] => {
  const configured = Number(service.environment.get('PORT')?.value ?? Number.NaN);
  const exposed = service.expose.map(({ value }) => Number.parseInt(value, 10));
  const named = [configured, ...service.ports.map(({ target }) => target), ...exposed];
  return [...new Set([...named, httpsPort, httpPort])]
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65_536)
    .slice(0, mostPorts);
};

/** What one port speaks. */
interface PortAnswer {
  readonly port: number;
  readonly plaintext: boolean;
  readonly https?: Origin;
  readonly http?: Origin;
  /** Why the port told nothing; absent where it did, or is closed. */
  readonly doubt?: string;
}

/** True where an HTTP answer serves nothing but the wish for TLS: Go's, nginx's and Tomcat's 400, or a redirect. */
const wantsTls = ({ status, headers, body }: Reply): boolean =>
  (status === 400 && /HTTPS|\bTLS\b|\bSSL\b/i.test(body)) ||
  (status >= 300 && status < 400 && /^https:/i.test(headers.location ?? ''));

const isClosed = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNREFUSED';

const askPort = async (target: ProbeTarget, port: number, signal: AbortSignal): Promise<PortAnswer | undefined> => {
  const endpoint = target.endpoint(port);
  if (endpoint === undefined) return undefined;
  const tries = await Promise.allSettled(
    (['http', 'https'] as const).map(async (scheme) => ({
      origin: { scheme, endpoint },
      reply: await send({ scheme, endpoint }, { path: '/' }, signal),
    })),
  );
  signal.throwIfAborted();
  const [http, https] = tries.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const failures = tries.flatMap((result): readonly unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0 && failures.every(isClosed)) return undefined;
  const isPlain = http !== undefined && !wantsTls(http.reply);
  return {
    port,
    plaintext: isPlain,
    ...(https === undefined ? {} : { https: https.origin }),
    ...(isPlain ? { http: http.origin } : {}),
    ...(http === undefined && https === undefined ? { doubt: `port ${port}: ${messageOf(failures[0])}` } : {}),
  };
};

/** How a service is reached, and on which of its ports it speaks without TLS. */
export interface Surface {
  readonly origin: Origin;
  readonly plaintextPorts: Answer<readonly number[]>;
}

/**
 * Finds the ports of a service that answer, HTTPS preferred.
 *
 * @throws PalisadeError `http-api/no-endpoint`, `http-api/no-answer`.
 */
export const findSurface = async (target: ProbeTarget, signal: AbortSignal): Promise<Surface> => {
  const service = target.service.name;
  const ports = candidatePorts(target.service);
  if (ports.every((port) => target.endpoint(port) === undefined)) throw error('http-api/no-endpoint', { service });
  const answers: PortAnswer[] = [];
  for (const port of ports) {
    const answer = await askPort(target, port, signal);
    if (answer !== undefined) answers.push(answer);
  }
  const doubts = answers.flatMap(({ doubt }) => doubt ?? []);
  const origin =
    answers.find(({ https }) => https !== undefined)?.https ?? answers.find(({ http }) => http !== undefined)?.http;
  if (origin === undefined)
    throw error('http-api/no-answer', {
      service,
      why:
        doubts[0] ??
        (answers.length > 0 ? 'it only sends callers on to HTTPS' : 'every port that could be tried is closed'),
    });
  const open = answers.filter(({ plaintext }) => plaintext).map(({ port }) => port);
  return {
    origin,
    plaintextPorts: open.length === 0 && doubts.length > 0 ? unknown(doubts.join('; ')) : known(open),
  };
};
