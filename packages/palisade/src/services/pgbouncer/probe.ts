import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Endpoint } from '../../contracts/runtime.ts';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import { answered } from '../../support/answered.ts';
import { consumersOf, pooledDatabases, writtenDatabases } from './consumers.ts';
import { error } from './errors.ts';
import type { LoginReply, PgbouncerEvidence } from './evidence.ts';
import { containerPort } from './posture.ts';
import { type Attempt, askEncrypted, askPlaintext, handshake } from './wire.ts';

/** Names worth trying: the consumers' accounts before and after hardening, those of the databases, a usual one. */
const usersOf = ({ stack, service, formerCredentials }: ProbeTarget): readonly string[] =>
  [
    ...new Set([
      ...consumersOf(stack, service).flatMap(({ name, formerUser }) => [
        name,
        ...(formerUser === undefined ? [] : [formerUser]),
      ]),
      ...writtenDatabases(stack, service).flatMap(({ user }) => user ?? []),
      ...(formerCredentials?.logins ?? [])
        .filter(
          (login) =>
            login.service === service.name ||
            stack.edges.some(({ from, to }) => from === service.name && to === login.service),
        )
        .map(({ username }) => username),
      'postgres',
    ]),
  ].slice(0, 8);

const each = async (
  users: readonly string[],
  ask: (user: string) => Promise<LoginReply | undefined>,
): Promise<readonly LoginReply[]> => {
  const replies: LoginReply[] = [];
  for (const user of users) {
    const reply = await ask(user);
    if (reply !== undefined) replies.push(reply);
  }
  return replies;
};

const identityOf = async ({ clientIdentity }: ProbeTarget): Promise<ConnectionOptions> =>
  clientIdentity === undefined
    ? {}
    : {
        cert: await readFile(join(clientIdentity, 'cert.pem')),
        key: await readFile(join(clientIdentity, 'key.pem')),
      };

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

const tlsOf = async (endpoint: Endpoint, target: ProbeTarget, identity: ConnectionOptions, signal: AbortSignal) => {
  const trust = target.authorities === undefined ? {} : { ca: target.authorities };
  const options = { ...identity, servername: target.service.name, rejectUnauthorized: false };
  const seen = await handshake(endpoint, { ...options, ...trust }, signal);
  if (seen === undefined) return { offered: false, versions: [] };
  const accepted: string[] = [];
  for (const version of versions) {
    const narrow = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    // The handshake above went well, so one that fails now is the refusal of the version.
    const narrowed = await handshake(endpoint, { ...options, ...narrow }, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (narrowed !== undefined) accepted.push(version);
  }
  return {
    offered: true,
    versions: accepted,
    ...(target.authorities === undefined ? {} : { trusted: seen.authorized }),
  };
};

/** `SHOW CONFIG` of the console: `key|value|default|changeable` in each line. */
const settingsOf = async (target: ProbeTarget, signal: AbortSignal): Promise<Readonly<Record<string, string>>> => {
  const { exec, service } = target;
  if (exec === undefined) throw new Error('the runtime cannot run psql beside the service');
  const command = ['psql', '--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--no-password', '--file=-'];
  const outcome = await exec(command, 'SHOW CONFIG;\n', signal);
  if (outcome.exitCode !== 0)
    throw error('pgbouncer/console-failed', {
      service: service.name,
      reason: outcome.stderr.trim().split('\n')[0] ?? `exit code ${outcome.exitCode}`,
    });
  const settings = Object.fromEntries(
    outcome.stdout.split('\n').flatMap((line) => {
      const [name = '', value] = line.split('|');
      return value === undefined ? [] : [[name, value]];
    }),
  );
  if (settings['auth_type'] === undefined)
    throw error('pgbouncer/console-failed', { service: service.name, reason: 'SHOW CONFIG names no auth_type' });
  return settings;
};

/** Collects what a running pooler shows from the network and on its console. It never sends a password. */
export const collect = async (target: ProbeTarget, signal: AbortSignal): Promise<PgbouncerEvidence> => {
  const { stack, service } = target;
  const endpoint = target.endpoint(containerPort(stack, service));
  const settings = await answered(signal, () => settingsOf(target, signal));
  if (endpoint === undefined) {
    if (!settings.known) throw error('pgbouncer/not-reachable', { service: service.name, reason: settings.why });
    const unreachable = { known: false, why: 'the port is not reachable from here' } as const;
    return { settings, plaintext: unreachable, encrypted: unreachable, console: unreachable, tls: unreachable };
  }
  const users = usersOf(target);
  const [database = 'postgres'] = pooledDatabases(stack, service);
  const attempt = (user: string, name = database): Attempt => ({ endpoint, user, database: name });
  const open = { rejectUnauthorized: false };
  const identity = await answered(signal, () => identityOf(target));
  const plaintext = await answered(signal, () => each(users, (user) => askPlaintext(attempt(user), signal)));
  const encrypted = await answered(signal, () => each(users, (user) => askEncrypted(attempt(user), open, signal)));
  const tls = await answered(signal, () =>
    identity.known ? tlsOf(endpoint, target, identity.value, signal) : Promise.reject(new Error(identity.why)),
  );
  const console = await answered(signal, async () => {
    if (!identity.known) throw new Error(identity.why);
    return each(
      users,
      async (user) =>
        (await askEncrypted(attempt(user, 'pgbouncer'), { ...open, ...identity.value }, signal)) ??
        askPlaintext(attempt(user, 'pgbouncer'), signal),
    );
  });
  return { settings, plaintext, encrypted, console, tls };
};
