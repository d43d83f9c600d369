import type { Answer } from '../../contracts/evidence.ts';
import type { Endpoint } from '../../contracts/runtime.ts';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { answered } from '../../support/answered.ts';
import { consumersOf } from './consumers.ts';
import { containerPort } from './container-port.ts';
import { error } from './errors.ts';
import type { AuthenticationReply, PostgresEvidence, TlsEvidence } from './evidence.ts';
import { administrator, firstDatabase } from './image.ts';
import { tryLogins } from './probe-logins.ts';
import * as ask from './probe-sql.ts';
import { askEncrypted, askPlaintext, handshake } from './wire.ts';

const without = (why: string): Answer<never> => ({ known: false, why });

/** Roles worth asking for: the administrator, the usual superuser, and the consumers' roles before and after hardening. */
const usersOf = (stack: Stack, service: Service): readonly string[] =>
  [
    ...new Set([
      administrator(service),
      'postgres',
      ...consumersOf(stack, service).flatMap(({ name, formerRole }) => [
        name,
        ...(formerRole === undefined ? [] : [formerRole]),
      ]),
    ]),
  ].slice(0, 8);

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

const nameOf = ({ CN }: { readonly CN?: string | string[] }): string => [CN ?? []].flat().join(', ');

const tlsOf = async (endpoint: Endpoint, target: ProbeTarget, signal: AbortSignal): Promise<TlsEvidence> => {
  const trust = target.authorities === undefined ? {} : { ca: target.authorities };
  const seen = await handshake(
    endpoint,
    { ...trust, servername: target.service.name, rejectUnauthorized: false },
    signal,
  );
  if (seen === undefined) return { offered: false };
  const accepted: string[] = [];
  for (const version of versions) {
    const options = {
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
      rejectUnauthorized: false,
    };
    // The handshake above went well, so one that fails now is the server's refusal of the version.
    const narrowed = await handshake(endpoint, options, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (narrowed !== undefined) accepted.push(version);
  }
  const { certificate } = seen;
  return {
    offered: true,
    versions: accepted,
    certificate: {
      subject: nameOf(certificate.subject),
      issuer: nameOf(certificate.issuer),
      alternativeNames: certificate.subjectaltname ?? '',
      notBefore: new Date(certificate.valid_from).toISOString(),
      notAfter: new Date(certificate.valid_to).toISOString(),
      serial: certificate.serialNumber,
    },
    ...(target.authorities === undefined ? {} : { trusted: seen.authorized }),
  };
};

const overNetwork = async (endpoint: Endpoint, target: ProbeTarget, signal: AbortSignal) => {
  const { stack, service } = target;
  const database = firstDatabase(service);
  const users = usersOf(stack, service);
  const plaintext = await answered(signal, async () => {
    const replies: AuthenticationReply[] = [];
    for (const user of users) replies.push(await askPlaintext({ endpoint, user, database }, signal));
    return replies;
  });
  const tls = await answered(signal, () => tlsOf(endpoint, target, signal));
  const encrypted = await answered(signal, async () => {
    if (tls.known && !tls.value.offered) return [];
    const replies: AuthenticationReply[] = [];
    for (const user of users) {
      const reply = await askEncrypted({ endpoint, user, database }, { rejectUnauthorized: false }, signal);
      if (reply !== undefined) replies.push(reply);
    }
    return replies;
  });
  const defaultLogins = await answered(signal, () => tryLogins(target, endpoint, { plaintext, encrypted }, signal));
  return { plaintext, tls, encrypted, defaultLogins };
};

const fromInside = async (target: ProbeTarget, signal: AbortSignal) => {
  const { exec, service } = target;
  if (exec === undefined) {
    const unknown = without('the runtime cannot run psql beside the service');
    return {
      version: unknown,
      settings: unknown,
      roles: unknown,
      databases: unknown,
      rules: unknown,
      auditWrites: unknown,
    };
  }
  const settings = await answered(signal, () => ask.settings(exec, service, signal));
  return {
    settings,
    version: await answered(signal, () => ask.version(exec, service, signal)),
    roles: await answered(signal, () => ask.roles(exec, service, signal)),
    databases: await answered(signal, () => ask.databases(exec, service, signal)),
    rules: await answered(signal, () => ask.rules(exec, service, signal)),
    auditWrites: settings.known
      ? await answered(signal, () => ask.auditWrites(exec, service, settings.value, signal))
      : settings,
  };
};

/** Collects what a running server shows from the network and from its own command line. */
export const collect = async (target: ProbeTarget, signal: AbortSignal): Promise<PostgresEvidence> => {
  const endpoint = target.endpoint(containerPort(target.stack, target.service));
  if (endpoint === undefined && target.exec === undefined)
    throw error('postgres/not-reachable', {
      service: target.service.name,
      reason: 'no port and no psql to ask through',
    });
  const unreachable = without('the port is not reachable from here');
  const network =
    endpoint === undefined
      ? { plaintext: unreachable, tls: unreachable, encrypted: unreachable, defaultLogins: unreachable }
      : await overNetwork(endpoint, target, signal);
  return { ...network, ...(await fromInside(target, signal)) };
};
