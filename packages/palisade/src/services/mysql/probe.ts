import type { SslOptions } from 'mysql2';
import type { Answer } from '../../contracts/evidence.ts';
import type { Endpoint } from '../../contracts/runtime.ts';
import type { Probe, ProbeTarget } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import { answered } from '../../support/answered.ts';
import { readIdentity, tlsVersions } from '../../support/tls-handshake.ts';
import { isSystemAccount, readAccounts } from './accounts.ts';
import { error } from './errors.ts';
import type { AccountEvidence, LoginResult, MysqlEvidence, Way } from './evidence.ts';
import { knownLogins } from './known-logins.ts';
import { logIn } from './login.ts';
import { containerPort } from './posture.ts';
import { askProduct, runSql, type Exec } from './sql.ts';
import { greet, shakesHands } from './wire.ts';

/** A name that nobody has: only an account without a name lets it in. */
const nobody = { user: 'palisade-nobody', password: '' } as const;

/** The ways to a server: without TLS, with TLS alone, with a client certificate of the stack where there is one. */
type Ways = readonly (readonly [way: Way, tls: SslOptions | undefined])[];

const waysOf = async ({ clientIdentity }: ProbeTarget): Promise<Ways> => {
  const anybody = { rejectUnauthorized: false } as const;
  const identity = await readIdentity(clientIdentity);
  const known = identity === undefined ? undefined : { ...anybody, ...identity };
  return [
    ['plaintext', undefined],
    ['tls', anybody],
    ...(known === undefined ? [] : [['certificate', known] as const]),
  ];
};

const overNetwork = async (target: ProbeTarget, endpoint: Endpoint, signal: AbortSignal) => {
  const ways = await waysOf(target);
  const results = await answered(signal, async () => {
    const found: Partial<Record<Way, LoginResult>> = {};
    for (const [way, tls] of ways) found[way] = await logIn(endpoint, nobody, tls, signal);
    const { plaintext = 'closed', tls = 'closed', certificate = tls } = found;
    return { plaintext, tls, certificate };
  });
  const logins = await answered(signal, async () => {
    if (!results.known) throw new Error(results.why);
    const accepted: { user: string; way: Way }[] = [];
    let tried = 0;
    for (const login of knownLogins(target)) {
      for (const [way, tls] of ways) {
        // What turns everybody away needs no password to do so.
        if (results.value[way] === 'closed' || results.value[way] === 'tls-demanded') continue;
        if (accepted.some((each) => each.user === login.user && each.way === way)) continue;
        tried += 1;
        if ((await logIn(endpoint, login, tls, signal)) === 'let-in') accepted.push({ user: login.user, way });
      }
    }
    return { tried, accepted };
  });
  return {
    version: await answered(signal, async () => {
      const greeting = await greet(endpoint, signal);
      if (greeting.type === 'refusal') throw new Error(greeting.message);
      return greeting.version;
    }),
    nobody: results,
    knownLogins: logins,
    tlsVersions: await answered(signal, () => tlsVersions(endpoint, signal, shakesHands)),
  };
};

const settingNames = [
  'general_log',
  'have_ssl',
  'local_infile',
  'log_raw',
  'max_connections',
  'max_user_connections',
  'require_secure_transport',
  'secure_file_priv',
  'server_audit_events',
  'server_audit_logging',
  'skip_name_resolve',
  'ssl_ca',
  'tls_version',
];

const settings = async (exec: Exec, service: Service, signal: AbortSignal): Promise<Record<string, string>> => {
  const names = settingNames.map((name) => `'${name}'`).join(', ');
  const answer = await runSql(exec, service, `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names});`, signal);
  const found: Record<string, string> = {};
  for (const line of answer.split('\n')) {
    const [name, value] = line.split('\t');
    if (name !== undefined && value !== undefined) found[name] = value;
  }
  if (Object.keys(found).length === 0) throw new Error('the server names none of the settings');
  return found;
};

/** Plug-ins that ask for something else than a stored password: the account of the operating system, another server. */
const provesElsewhere = /socket|pam|ldap|kerberos|gssapi|webauthn|fido/;

const accounts = async (exec: Exec, service: Service, signal: AbortSignal): Promise<readonly AccountEvidence[]> => {
  const { product } = await askProduct(exec, service, signal);
  return (await readAccounts(exec, service, product, signal))
    .filter((account) => !isSystemAccount(account))
    .map(({ user, host, plugin, stored, certificate, connections, locked, powers }) => ({
      user,
      host,
      locked,
      proven: stored !== '' || provesElsewhere.test(plugin),
      certificate,
      connections,
      powers,
    }));
};

const auditors = async (exec: Exec, service: Service, signal: AbortSignal): Promise<readonly string[]> => {
  const { product } = await askProduct(exec, service, signal);
  const component =
    product === 'mysql' ? `\nSELECT component_urn FROM mysql.component WHERE component_urn LIKE '%audit_log%';` : '';
  const answer = await runSql(
    exec,
    service,
    `SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'AUDIT' AND PLUGIN_STATUS = 'ACTIVE';${component}`,
    signal,
  );
  return answer
    .split('\n')
    .map((line) => line.trim())
    .filter((name) => /audit/i.test(name));
};

/** Collects what a running server shows from the network and to its administrator. */
export const probe: Probe<'mysql'> = {
  evidence: 'mysql',
  collect: async (target, signal): Promise<MysqlEvidence> => {
    const { stack, service, exec } = target;
    const endpoint = target.endpoint(containerPort(stack, service));
    if (endpoint === undefined && exec === undefined)
      throw error('mysql/not-reachable', { service: service.name, reason: 'no port and no client to ask through' });
    const unreachable: Answer<never> = { known: false, why: 'the port is not reachable from here' };
    const network =
      endpoint === undefined
        ? { version: unreachable, nobody: unreachable, knownLogins: unreachable, tlsVersions: unreachable }
        : await overNetwork(target, endpoint, signal);
    const inside: Answer<never> = { known: false, why: 'the runtime cannot run a client beside the service' };
    const ask = <T>(question: (client: Exec, of: Service, until: AbortSignal) => Promise<T>): Promise<Answer<T>> =>
      exec === undefined ? Promise.resolve(inside) : answered(signal, () => question(exec, service, signal));
    return {
      ...network,
      settings: await ask(settings),
      accounts: await ask(accounts),
      auditors: await ask(auditors),
    };
  },
};
