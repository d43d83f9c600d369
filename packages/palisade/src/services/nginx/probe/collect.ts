import type { Answer } from '../../../contracts/evidence.ts';
import type { Endpoint } from '../../../contracts/runtime.ts';
import type { Probe, ProbeTarget } from '../../../contracts/service-kind.ts';
import { messageOf } from '../../../support/errors.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { isCatchAll, isRejecting, serversOf } from '../configuration/servers.ts';
import { error } from '../errors.ts';
import type { NginxEvidence } from '../evidence.ts';
import { speaks, versions } from './handshake.ts';
import { type Reply, send } from './request.ts';
import { cutsOff } from './slow.ts';

/** Requests at once: more than the burst that the hardened posture lets through. */
const floodSize = 45;
const unknownHost = 'palisade-unknown-host.invalid';
const wanted = ['strict-transport-security', 'x-content-type-options', 'content-security-policy', 'referrer-policy'];

interface Door {
  readonly port: number;
  readonly tls: boolean;
  readonly endpoint: Endpoint;
}

const ask = async <T>(signal: AbortSignal, question: () => Promise<T>): Promise<Answer<T>> => {
  try {
    return { known: true, value: await question() };
  } catch (thrown) {
    signal.throwIfAborted();
    return { known: false, why: messageOf(thrown) };
  }
};

/** The ports that the configuration listens on, and a name that it serves. */
const doorsOf = (target: ProbeTarget): { readonly doors: readonly Door[]; readonly host: string } => {
  const configuration = loadConfiguration(target.stack, target.service);
  const service = target.service.name;
  if (configuration.state === 'unknown')
    throw error('nginx/configuration-unknown', { service, why: configuration.why });
  const servers = serversOf(configuration.directives);
  const doors = new Map<string, Door>();
  for (const { port, tls } of servers.flatMap(({ listens }) => listens)) {
    const endpoint = port === undefined ? undefined : target.endpoint(port);
    if (port !== undefined && endpoint !== undefined) doors.set(`${port}`, { port, tls, endpoint });
  }
  if (doors.size === 0) throw error('nginx/no-endpoint', { service });
  const names = servers.filter((server) => !isRejecting(server)).flatMap((server) => server.names);
  return {
    doors: [...doors.values()],
    host: names.find((name) => !isCatchAll(name) && /^[\w.-]+$/.test(name)) ?? 'localhost',
  };
};

const isRefusal = (reply: Reply | undefined): boolean =>
  reply === undefined ||
  (reply.status >= 400 && reply.status < 500 && reply.status !== 401 && reply.status !== 403 && reply.status !== 404);

const redirects = (reply: Reply): boolean =>
  reply.status >= 300 && reply.status < 400 && /^https:/i.test(reply.headers.location ?? '');

/** Ports among the doors for which a question is answered with yes. */
const portsWhere = async (
  doors: readonly Door[],
  holds: (door: Door) => Promise<boolean>,
): Promise<readonly number[]> => {
  const found: number[] = [];
  for (const door of doors) if (await holds(door)) found.push(door.port);
  return found;
};

/**
 * Looks at one nginx as a stranger: handshakes, about ten requests, half a request, and 45 requests at once at the end.
 * Nothing is sent that could change data.
 *
 * @throws PalisadeError `nginx/no-endpoint`, `nginx/configuration-unknown`
 */
const collect = async (target: ProbeTarget, signal: AbortSignal): Promise<NginxEvidence> => {
  const { doors, host } = doorsOf(target);
  const main = doors.find(({ tls }) => tls) ?? doors[0];
  if (main === undefined) throw error('nginx/no-endpoint', { service: target.service.name });
  const slow = ask(signal, () => cutsOff((doors.find(({ tls }) => !tls) ?? main).endpoint, host, signal));
  const answered = async (path: string): Promise<Reply> => {
    const reply = await send({ ...main, host, path }, signal);
    if (reply === undefined) throw new Error('the connection was closed without an answer');
    return reply;
  };
  const server = await ask(signal, async () => String((await answered('/')).headers['server'] ?? ''));
  const plainPorts = await ask(signal, () =>
    portsWhere(doors, async (door) => {
      const reply = door.tls ? undefined : await send({ ...door, host }, signal);
      return reply !== undefined && !redirects(reply);
    }),
  );
  const spoken = await ask(signal, async () => {
    if (!main.tls) return [];
    const found: string[] = [];
    for (const version of versions) if (await speaks(main.endpoint, version, host, signal)) found.push(version);
    return found;
  });
  const missingHeaders = await ask(signal, async () => {
    const replies = [await answered('/'), await answered('/palisade-probe-no-such-page')];
    return wanted.filter((name) => replies.some(({ headers }) => headers[name] === undefined));
  });
  const served = await ask(signal, () =>
    portsWhere(doors, async (door) => !isRefusal(await send({ ...door, host: unknownHost }, signal))),
  );
  const body = await ask(signal, async () => {
    const reply = await send({ ...main, host, announce: 100_000_000 }, signal);
    return reply === undefined || reply.status === 413;
  });
  const slowCutOff = await slow;
  const flood = await ask(signal, async () => {
    const replies = await Promise.all(Array.from({ length: floodSize }, () => answered('/')));
    return {
      sent: floodSize,
      limited: replies.filter(({ status }) => status === 429).length,
      unavailable: replies.filter(({ status }) => status === 503).length,
    };
  });
  return {
    server,
    plainPorts,
    versions: spoken,
    missingHeaders,
    unknownHost: served,
    flood,
    bodyRefused: body,
    slowCutOff,
  };
};

/** The probe of nginx. */
export const probe: Probe<'nginx'> = { evidence: 'nginx', collect };
