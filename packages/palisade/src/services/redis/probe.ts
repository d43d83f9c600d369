import type { ConnectionOptions } from 'node:tls';
import type { Answer } from '../../contracts/evidence.ts';
import type { Endpoint } from '../../contracts/runtime.ts';
import type { Probe, ProbeTarget } from '../../contracts/service-kind.ts';
import { answered } from '../../support/answered.ts';
import { messageOf } from '../../support/errors.ts';
import { readIdentity, shakesHands, tlsVersions } from '../../support/tls-handshake.ts';
import { readAccounts } from './acl.ts';
import { administrator } from './accounts.ts';
import { error } from './errors.ts';
import type { AccountEvidence, Reception, RedisEvidence } from './evidence.ts';
import { knownPasswords } from './known-passwords.ts';
import { busPort, containerPort } from './posture.ts';
import { type Ask, converse, listens } from './wire.ts';

const closed: Reception = { ping: 'closed', carriedOut: [] };

/** Commands of administrators in forms that change nothing. */
const harmless = [
  ['CONFIG', 'GET', 'dir'],
  ['ACL', 'LIST'],
  ['DEBUG', 'HELP'],
] as const;

const reception = async (ask: Ask): Promise<Reception> => {
  const reply = await ask('PING');
  if (reply.type === 'error')
    return { ping: reply.text.startsWith('NOAUTH') ? 'login-demanded' : 'denied', carriedOut: [] };
  const carriedOut: string[] = [];
  for (const command of harmless) if ((await ask(...command)).type !== 'error') carriedOut.push(command[0]);
  return { ping: 'answered', carriedOut };
};

/** Tries to get in. A server that listens and hangs up instead of answering has refused; one that is silent is unknown. */
const received = async (
  endpoint: Endpoint,
  tls: ConnectionOptions | undefined,
  signal: AbortSignal,
): Promise<Reception> => {
  try {
    return await converse({ endpoint, ...(tls === undefined ? {} : { tls }) }, signal, reception);
  } catch (thrown) {
    signal.throwIfAborted();
    if (messageOf(thrown).startsWith('no answer within') || !(await listens(endpoint, signal))) throw thrown;
    return closed;
  }
};

/** Logs in with every password that is no secret, over whatever way the server leaves open. */
const tryLogins = async (
  target: ProbeTarget,
  endpoint: Endpoint,
  ways: readonly (ConnectionOptions | undefined)[],
  signal: AbortSignal,
): Promise<{ readonly tried: number; readonly accepted: readonly string[] }> => {
  const accepted = new Set<string>();
  let tried = 0;
  for (const { user, password } of knownPasswords(target)) {
    for (const tls of ways) {
      const reply = await converse({ endpoint, ...(tls === undefined ? {} : { tls }) }, signal, (ask) =>
        // A server of before ACLs knows the short form alone; one that asks for no password refuses that, and not the long one.
        user === 'default' && password !== '' ? ask('AUTH', password) : ask('AUTH', user, password),
      );
      tried += 1;
      if (reply.type === 'text') accepted.add(user);
    }
  }
  return { tried, accepted: [...accepted] };
};

type Exec = NonNullable<ProbeTarget['exec']>;

const settingNames = [
  'protected-mode',
  'tls-cluster',
  'tls-replication',
  'cluster-enabled',
  'enable-debug-command',
  'enable-module-command',
  'enable-protected-configs',
  'maxclients',
];

const ask = async (exec: Exec, command: string, signal: AbortSignal): Promise<string> => {
  const { exitCode, stdout, stderr } = await exec(['redis-cli'], `${command}\n`, signal);
  if (exitCode !== 0 || /^(?:ERR|NOAUTH|NOPERM|WRONGPASS)/.test(stdout))
    throw new Error(`redis-cli: ${(stderr || stdout).trim().slice(0, 200)}`);
  return stdout;
};

const settings = async (exec: Exec, signal: AbortSignal): Promise<{ readonly [name: string]: string }> => {
  const found: Record<string, string> = {};
  for (const name of settingNames) {
    const [key, value] = (await ask(exec, `CONFIG GET ${name}`, signal)).split('\n');
    if (key === name && value !== undefined) found[name] = value;
  }
  return found;
};

/** Rules that let an account administer the server or empty it. */
const isPowerful = (rules: string): boolean =>
  /\+@(?:all|admin|dangerous)\b|\+(?:config|acl|debug|module|shutdown|flushall)\b(?!\|)/.test(rules) &&
  !(/-@admin\b/.test(rules) && /-@dangerous\b/.test(rules));

const accounts = async (exec: Exec, signal: AbortSignal): Promise<readonly AccountEvidence[]> =>
  readAccounts(await ask(exec, 'ACL LIST', signal)).map(({ name, on, noPassword, rules }) => ({
    name,
    on,
    noPassword,
    powerful: name !== administrator && isPowerful(rules),
  }));

const isOpen = (answer: Answer<Reception>): boolean => answer.known && answer.value.ping !== 'closed';

const overNetwork = async (target: ProbeTarget, endpoint: Endpoint, signal: AbortSignal) => {
  const anybody: ConnectionOptions = { rejectUnauthorized: false, servername: target.service.name };
  const known: ConnectionOptions = { ...anybody, ...(await readIdentity(target.clientIdentity)) };
  const plaintext = await answered(signal, () => received(endpoint, undefined, signal));
  // A port speaks TLS or it does not; one without waits in silence for the end of what it takes for a command.
  const versions = await answered(signal, () =>
    isOpen(plaintext) ? Promise.resolve([]) : tlsVersions(endpoint, signal),
  );
  const over = (tls: ConnectionOptions): Promise<Answer<Reception>> =>
    answered(signal, () =>
      versions.known && versions.value.length === 0 ? Promise.resolve(closed) : received(endpoint, tls, signal),
    );
  const withoutCertificate = await over(anybody);
  const withCertificate = known.cert === undefined ? withoutCertificate : await over(known);
  const ways = [
    ...(isOpen(plaintext) ? [undefined] : []),
    ...(isOpen(withoutCertificate) ? [anybody] : isOpen(withCertificate) ? [known] : []),
  ];
  const knownLogins = await answered(signal, () => {
    for (const answer of [plaintext, withoutCertificate, withCertificate])
      if (!answer.known) throw new Error(answer.why);
    return tryLogins(target, endpoint, ways, signal);
  });
  return { plaintext, tlsVersions: versions, withoutCertificate, withCertificate, knownLogins };
};

/** Collects what a running server shows from the network and to its administrator. */
export const probe: Probe<'redis'> = {
  evidence: 'redis',
  collect: async (target, signal): Promise<RedisEvidence> => {
    const { stack, service, exec } = target;
    const endpoint = target.endpoint(containerPort(stack, service));
    if (endpoint === undefined && exec === undefined)
      throw error('redis/not-reachable', { service: service.name, reason: 'no port and no client to ask through' });
    const unreachable: Answer<never> = { known: false, why: 'the port is not reachable from here' };
    const network =
      endpoint === undefined
        ? {
            plaintext: unreachable,
            tlsVersions: unreachable,
            withoutCertificate: unreachable,
            withCertificate: unreachable,
            knownLogins: unreachable,
          }
        : await overNetwork(target, endpoint, signal);
    const port = busPort(stack, service);
    const bus = port === undefined ? undefined : target.endpoint(port);
    const inside: Answer<never> = { known: false, why: 'the runtime cannot run redis-cli beside the service' };
    return {
      ...network,
      bus:
        port === undefined
          ? { known: true, value: 'none' }
          : bus === undefined
            ? unreachable
            : await answered(signal, async () =>
                (await shakesHands(bus, { rejectUnauthorized: false }, signal)) ? 'tls' : 'plaintext',
              ),
      settings: exec === undefined ? inside : await answered(signal, () => settings(exec, signal)),
      accounts: exec === undefined ? inside : await answered(signal, () => accounts(exec, signal)),
    };
  },
};
