import type { ConnectionOptions } from 'node:tls';
import type { Answer } from '../../contracts/evidence.ts';
import type { Endpoint } from '../../contracts/runtime.ts';
import type { Probe, ProbeTarget } from '../../contracts/service-kind.ts';
import { answered } from '../../support/answered.ts';
import { readIdentity, tlsVersions } from '../../support/tls-handshake.ts';
import { error } from './errors.ts';
import type { ManagementEvidence, RabbitEvidence, Reception } from './evidence.ts';
import { definitionsInside, settingsInside, usersOf, vhostsOf } from './inside.ts';
import { knownPasswords } from './known-passwords.ts';
import { type Listener, listenersFor } from './listeners.ts';
import { askManagement, closed, received } from './reach.ts';
import { converse, plain } from './wire.ts';

/** A way to a port that was found open. */
interface Way {
  readonly endpoint: Endpoint;
  readonly tls?: ConnectionOptions;
  readonly mechanisms: readonly string[];
}

const waysOf = (
  tries: readonly {
    readonly endpoint: Endpoint | undefined;
    readonly tls?: ConnectionOptions;
    readonly answer: Answer<Reception>;
  }[],
): readonly Way[] =>
  tries.flatMap(({ endpoint, tls, answer }) =>
    endpoint === undefined || !answer.known || answer.value.greeting === 'closed'
      ? []
      : [{ endpoint, ...(tls === undefined ? {} : { tls }), mechanisms: answer.value.mechanisms }],
  );

/** Logs in with every password that is no secret, over whatever ways are open. */
const tryLogins = async (
  target: ProbeTarget,
  ways: readonly Way[],
  management: Endpoint | undefined,
  signal: AbortSignal,
) => {
  const accepted = new Set<string>();
  let tried = 0;
  for (const { user, password } of knownPasswords(target)) {
    for (const { endpoint, tls } of ways) {
      const outcome = await converse({ endpoint, ...(tls === undefined ? {} : { tls }) }, signal, ({ login }) =>
        login('PLAIN', plain(user, password)),
      );
      tried += 1;
      if (outcome === 'accepted') accepted.add(user);
    }
    if (management !== undefined) {
      tried += 1;
      if ((await askManagement(management, undefined, signal, { user, password })) === 200) accepted.add(user);
    }
  }
  return { tried, accepted: [...accepted] };
};

/** Tries ANONYMOUS where it is offered; where nobody offers it, it is refused. */
const tryAnonymous = async (ways: readonly Way[], signal: AbortSignal): Promise<'accepted' | 'refused'> => {
  for (const { endpoint, tls, mechanisms } of ways) {
    if (!mechanisms.includes('ANONYMOUS')) continue;
    const outcome = await converse({ endpoint, ...(tls === undefined ? {} : { tls }) }, signal, ({ login }) =>
      login('ANONYMOUS', ''),
    );
    if (outcome === 'accepted') return 'accepted';
  }
  return 'refused';
};

const known = <T>(answers: readonly Answer<T>[]): void => {
  for (const answer of answers) if (!answer.known) throw new Error(answer.why);
};

const overManagement = async (
  target: ProbeTarget,
  listeners: readonly Listener[],
  signal: AbortSignal,
): Promise<ManagementEvidence | 'none'> => {
  if (listeners.length === 0) return 'none';
  let plaintext: ManagementEvidence['plaintext'] = 'closed';
  let withoutCertificate: ManagementEvidence['withoutCertificate'] = 'closed';
  for (const { port, tls } of listeners) {
    const endpoint = target.endpoint(port);
    if (endpoint === undefined) throw new Error('the port of the management interface is not reachable from here');
    if ((await askManagement(endpoint, undefined, signal)) !== 'closed') plaintext = 'answered';
    if (tls && (await askManagement(endpoint, {}, signal)) !== 'closed') withoutCertificate = 'answered';
  }
  return { plaintext, withoutCertificate };
};

const overNetwork = async (target: ProbeTarget, listeners: readonly Listener[], signal: AbortSignal) => {
  const anybody: ConnectionOptions = { rejectUnauthorized: false, servername: target.service.name };
  const own: ConnectionOptions = { ...anybody, ...(await readIdentity(target.clientIdentity)) };
  const endpointOf = (listener: Listener | undefined): Endpoint | undefined =>
    listener === undefined ? undefined : target.endpoint(listener.port);
  const secure = endpointOf(listeners.find(({ tls }) => tls));
  // A port that should speak TLS alone is the one to try without where there is no other.
  const open = endpointOf(listeners.find(({ tls }) => !tls)) ?? secure;
  if (open === undefined) throw new Error('the port is not reachable from here');
  const plaintext = await answered(signal, () => received(open, undefined, signal));
  const over = (tls: ConnectionOptions): Promise<Answer<Reception>> =>
    answered(signal, () => (secure === undefined ? Promise.resolve(closed) : received(secure, tls, signal)));
  const versions = await answered(signal, () =>
    secure === undefined ? Promise.resolve([]) : tlsVersions(secure, signal),
  );
  const withoutCertificate = await over(anybody);
  const withCertificate = own.cert === undefined ? withoutCertificate : await over(own);
  const ways = waysOf([
    { endpoint: open, answer: plaintext },
    withoutCertificate.known && withoutCertificate.value.greeting === 'answered'
      ? { endpoint: secure, tls: anybody, answer: withoutCertificate }
      : { endpoint: secure, tls: own, answer: withCertificate },
  ]);
  const management = listenersFor(target.stack, target.service, 'management').find(({ tls }) => !tls);
  const managementEndpoint = endpointOf(management);
  const knownLogins = await answered(signal, () => {
    known([plaintext, withoutCertificate, withCertificate]);
    return tryLogins(target, ways, managementEndpoint, signal);
  });
  const anonymous = await answered(signal, () => {
    known([plaintext, withoutCertificate, withCertificate]);
    return tryAnonymous(ways, signal);
  });
  return { plaintext, tlsVersions: versions, withoutCertificate, withCertificate, knownLogins, anonymous };
};

/** Collects what a running server shows from the network and to its administrator. */
export const probe: Probe<'rabbitmq'> = {
  evidence: 'rabbitmq',
  collect: async (target, signal): Promise<RabbitEvidence> => {
    const { stack, service, exec } = target;
    const listeners = listenersFor(stack, service, 'amqp');
    const isReachable = listeners.some(({ port }) => target.endpoint(port) !== undefined);
    if (!isReachable && exec === undefined)
      throw error('rabbitmq/not-reachable', { service: service.name, reason: 'no port and no client to ask through' });
    const unreachable: Answer<never> = { known: false, why: 'the port is not reachable from here' };
    const network = isReachable
      ? await overNetwork(target, listeners, signal)
      : {
          plaintext: unreachable,
          tlsVersions: unreachable,
          withoutCertificate: unreachable,
          withCertificate: unreachable,
          knownLogins: unreachable,
          anonymous: unreachable,
        };
    const management = listenersFor(stack, service, 'management');
    const inside: Answer<never> = { known: false, why: 'the runtime cannot run rabbitmqctl beside the service' };
    const definitions = exec === undefined ? inside : await answered(signal, () => definitionsInside(exec, signal));
    return {
      ...network,
      management: await answered(signal, () => overManagement(target, management, signal)),
      settings: exec === undefined ? inside : await answered(signal, () => settingsInside(exec, signal)),
      users: definitions.known ? { known: true, value: usersOf(definitions.value) } : definitions,
      vhosts: definitions.known ? { known: true, value: vhostsOf(definitions.value) } : definitions,
    };
  },
};
