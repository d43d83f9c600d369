import assert from 'node:assert/strict';
import { join, relative } from 'node:path';

/** What one test sees live controls answer about real servers. */
export interface Proof {
  /** Path of the test below packages/palisade. */
  readonly test: string;
  /** Controls that fail there in one posture and pass in another. */
  readonly both: readonly string[];
  /** Controls of which the test sees one answer alone. */
  readonly fail?: readonly string[];
  readonly pass?: readonly string[];
}

const of = (area: string, names: string): readonly string[] => names.split(' ').map((name) => `${area}/${name}`);

/**
 * By what each live control is proven: a test that runs it against a real server. Each of these tests asserts with `assertProven` that
 * it saw what is said of it here, and proofs.test.ts that nothing is missing.
 */
export const proofs: readonly Proof[] = [
  {
    test: 'test/containers/controls.containers.test.ts',
    both: [
      ...of(
        'container',
        'capabilities cpu-limit docker-socket host-devices host-ipc host-pid memory-limit no-new-privileges pids-limit read-only-root root-user seccomp',
      ),
      ...of('network', 'declared-reach host-network internal-data-network'),
    ],
    pass: ['container/privileged'],
  },
  {
    test: 'src/services/http-api/http-api.server.test.ts',
    both: of(
      'http-api',
      'authenticated-routes forged-tokens masked-errors no-debug-surface no-foreign-origins security-headers tls-only',
    ),
    pass: of('http-api', 'challenges counted-attempts'),
  },
  {
    test: 'src/services/nginx/nginx.server.test.ts',
    both: of(
      'nginx',
      'https-redirect rate-limits request-bounds security-headers server-tokens strict-transport tls-versions unknown-hosts',
    ),
  },
  {
    test: 'src/services/postgres/postgres.server.test.ts',
    both: of(
      'postgres',
      'client-certificates connection-limits connections-logged few-privileged-roles narrow-host-rules no-default-passwords no-remote-superuser no-trust passwords-set plaintext-refused public-schema-closed scram-passwords statements-audited tls-enabled',
    ),
  },
  {
    test: 'src/services/vault/probe.server.test.ts',
    both: of(
      'vault',
      'audit-devices audit-hashed diagnostics-authenticated exact-policies production-server secret-id-bounded tls-required tls-version token-not-root unseal-threshold',
    ),
  },
  {
    test: 'test/mongodb.server.test.ts',
    both: of('mongodb', 'client-certificates no-known-login plaintext-refused'),
    pass: of('mongodb', 'login-required logins-logged no-scripts tls-versions'),
  },
  {
    test: 'test/mysql.server.test.ts',
    both: of(
      'mysql',
      'client-certificates connection-limits few-powerful-accounts file-access-confined local-infile-off modern-tls narrow-hosts no-anonymous-account no-known-passwords no-remote-root no-statement-log secure-transport-required statements-audited',
    ),
    pass: of('mysql', 'grant-tables-on'),
  },
  {
    test: 'test/pgbouncer.server.test.ts',
    both: of('pgbouncer', 'bounded-pools client-certificates client-tls console-apart scram-authentication server-tls'),
  },
  {
    test: 'test/rabbitmq.server.test.ts',
    both: of(
      'rabbitmq',
      'client-certificates connection-limits disk-limit guest-on-loopback management-tls no-guest-login plaintext-refused',
    ),
    fail: ['rabbitmq/own-accounts'],
    pass: of('rabbitmq', 'erlang-cookie logins-logged memory-watermark no-anonymous tls-version'),
  },
  {
    test: 'test/redis.server.test.ts',
    both: of(
      'redis',
      'client-certificates few-powerful-accounts login-required no-dangerous-commands plaintext-refused protected-mode replication-encrypted',
    ),
  },
  {
    test: 'test/weak-servers.server.test.ts',
    both: ['http-api/no-gateway-bypass', 'network/undeclared-listeners'],
    fail: ['mysql/grant-tables-on', ...of('rabbitmq', 'logins-logged memory-watermark no-anonymous tls-version')],
  },
];

const needsMongod =
  'MongoDB itself is in no archive that the tests may use; FerretDB stands in for it, speaks its protocol, and';

/** What no test sees, with the reason. */
export interface Exception {
  readonly fail?: string;
  readonly pass?: string;
}

/** Answers that cannot be had from a real server here, by control. */
export const exceptions: Readonly<Record<string, Exception>> = {
  'container/privileged': {
    fail: 'an engine that has not all capabilities of the machine itself, as that of the tests may be, starts no privileged container',
  },
  'http-api/challenges': { fail: 'a posture that asks for no credentials refuses none, and the other one challenges' },
  'http-api/counted-attempts': { fail: 'a posture that asks for no credentials has no attempts to count' },
  'mongodb/connection-limit': {
    fail: `${needsMongod} has no limit of connections to set or to ask for`,
    pass: `${needsMongod} has no limit of connections to set or to ask for`,
  },
  'mongodb/least-privilege': {
    fail: `${needsMongod} has no roles`,
    pass: `${needsMongod} has no roles`,
  },
  'mongodb/localhost-exception': {
    fail: `${needsMongod} makes no exception for the host itself`,
    pass: `${needsMongod} makes no exception for the host itself`,
  },
  'mongodb/login-required': { fail: `${needsMongod} is never started without logins by the runtime of processes` },
  'mongodb/logins-logged': { fail: `${needsMongod} has no quiet log` },
  'mongodb/no-scripts': { fail: `${needsMongod} runs no JavaScript` },
  'mongodb/tls-versions': { fail: `${needsMongod} speaks no TLS before 1.2` },
  'rabbitmq/own-accounts': {
    pass: 'in the production posture the files give a worse answer about one resource, which hides that of the server',
  },
  'rabbitmq/erlang-cookie': {
    fail: 'Erlang itself makes the cookie long, and does not start with one that others may read',
  },
  'vault/no-swap': {
    fail: 'a test switches no swap on at its machine',
    pass: 'whether the machine of a test has swap is not up to the test',
  },
};

/**
 * Asserts that a test has seen what `proofs` says of it.
 *
 * @param file the test itself, `import.meta.filename`
 * @param seen ids of the controls that failed in one posture, and of those that passed, and did not fail, in another
 * @throws AssertionError that names the controls whose answer was another
 */
export const assertProven = (
  file: string,
  seen: { readonly failed: Iterable<string>; readonly passed: Iterable<string> },
): void => {
  const test = relative(join(import.meta.dirname, '..'), file);
  const proof = proofs.find((each) => each.test === test) ?? assert.fail(`${test} is not among the proofs`);
  const [failed, passed] = [new Set(seen.failed), new Set(seen.passed)];
  const missing = {
    fail: [...proof.both, ...(proof.fail ?? [])].filter((id) => !failed.has(id)),
    pass: [...proof.both, ...(proof.pass ?? [])].filter((id) => !passed.has(id)),
  };
  assert.deepEqual(missing, { fail: [], pass: [] }, `${test} did not see what it is the proof of`);
};

type Answers = readonly { readonly control: string; readonly outcome: string }[];

const withOutcome = (answers: Answers, outcome: string): readonly string[] => [
  ...new Set(answers.flatMap((answer) => (answer.outcome === outcome ? [answer.control] : []))),
];

/** What answers of two postures show: what failed in the first, and what passed, and never failed, in the second. */
export const seenIn = (
  before: Answers,
  after: Answers,
): { readonly failed: readonly string[]; readonly passed: readonly string[] } => {
  const stillAccused = new Set(withOutcome(after, 'fail'));
  return {
    failed: withOutcome(before, 'fail'),
    passed: withOutcome(after, 'pass').filter((id) => !stillAccused.has(id)),
  };
};

/** The tests that see a control fail, and those that see it pass; paths below packages/palisade. */
export const proofOf = (id: string): { readonly fail: readonly string[]; readonly pass: readonly string[] } => {
  const having = (answer: 'fail' | 'pass'): readonly string[] =>
    proofs.filter((proof) => proof.both.includes(id) || (proof[answer] ?? []).includes(id)).map(({ test }) => test);
  return { fail: having('fail'), pass: having('pass') };
};
