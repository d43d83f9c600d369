import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Client, ClientConfig } from 'pg';
import type { Finding } from '../src/contracts/finding.ts';
import type { Runtime } from '../src/contracts/runtime.ts';
import type { Stack } from '../src/contracts/stack.ts';
import { prepareTarget } from '../src/engine/index.ts';
import { assessStack } from '../src/jobs/assess.ts';
import { systemContext } from '../src/jobs/context.ts';
import { hardenDirectory } from '../src/jobs/harden.ts';
import { bringUp } from '../src/jobs/hardened/bring-up.ts';
import { openOperatorSession } from '../src/jobs/hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { openProject } from '../src/jobs/project.ts';
import { discardRuntime } from '../src/runtime/process/discard.ts';
import { readState } from '../src/runtime/process/state.ts';
import { mapConcurrently } from '../src/support/concurrency.ts';
import { run } from '../src/support/exec.ts';
import { retry } from '../src/support/retry.ts';
import { createAuthority, type Authority, type Identity } from '../src/services/postgres/testing/authority.ts';
import { connect, refusal } from '../src/services/postgres/testing/connect.ts';
import { files } from './pgbouncer/project.ts';
import { assertProven, seenIn } from './proofs.ts';

const context = systemContext(AbortSignal.timeout(240_000), () => undefined);

let root: string;
let development: Stack;
let hardened: Stack;
let runtime: Runtime | undefined;
let authority: string;
let passwords: Readonly<Record<string, string>>;
let developmentFindings: readonly Finding[];
let hardenedFindings: readonly Finding[];

const ofPooler = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ control, source }) => control.startsWith('pgbouncer/') && source === 'live');

const identityOf = async (name: string): Promise<Identity> => ({
  cert: await readFile(join(hardened.directory, 'certs', name, 'client', 'cert.pem'), 'utf8'),
  key: await readFile(join(hardened.directory, 'certs', name, 'client', 'key.pem'), 'utf8'),
});

const poolerPort = (): number => {
  const endpoint = runtime?.endpoint('pgbouncer', 6432);
  assert.ok(endpoint);
  return endpoint.port;
};

const login = (changes: ClientConfig = {}, identity?: Identity): ClientConfig => ({
  host: '127.0.0.1',
  port: poolerPort(),
  user: 'reference-api',
  password: passwords['reference-api'],
  database: 'devdb',
  connectionTimeoutMillis: 20_000,
  ssl: { ca: authority, servername: 'pgbouncer', ...identity },
  ...changes,
});

const administer = async (sql: string): Promise<string> => {
  const outcome = await runtime?.exec(
    'postgres',
    ['psql', '--no-psqlrc', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1', '--dbname=devdb', '--file=-'],
    { input: sql, signal: context.signal },
  );
  assert.equal(outcome?.exitCode, 0, outcome?.stderr);
  return outcome?.stdout.trim() ?? '';
};

/** The account that a file belongs to, where this process may change to it. */
const ownerOf = (path: string): { readonly uid?: number; readonly gid?: number } => {
  const { uid, gid } = statSync(path);
  return process.getuid?.() === 0 ? { uid, gid } : {};
};

/** Asks for a verifier with the rights of a role. */
const ask = (role: string, name: string): string =>
  `SET ROLE "${role}"; SELECT count(*) FROM palisade.pgbouncer('${name}');`;

describe('a stack whose applications reach PostgreSQL through PgBouncer', { timeout: 240_000 }, () => {
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'palisade-pooled-'));
    await chmod(root, 0o755);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, 'stack', path)), { recursive: true });
      await writeFile(join(root, 'stack', path), text);
    }
    const ending = { signal: context.signal, progress: context.progress };
    development = await openProject({ directory: join(root, 'stack') }, context);
    runtime = openProcessRuntime(development, context);
    const started = await runtime.up(ending);
    assert.deepEqual(
      started.filter(({ state }) => state !== 'running'),
      [],
    );
    developmentFindings = assessStack(
      development,
      context,
      await collectLiveEvidence(development, context, { runtime }),
    ).findings;
    await runtime.down(ending);

    const target = join(root, 'hardened');
    await prepareTarget({ source: development.directory, target });
    await hardenDirectory(await openProject({ directory: target }, context), {
      ...context,
      result: () => Promise.resolve(),
      color: false,
    });
    hardened = await openProject({ directory: target }, context);
    runtime = openProcessRuntime(hardened, context);
    const { services } = await bringUp(hardened, runtime, { recipients: [] }, context);
    assert.deepEqual(
      services.filter(({ state }) => state !== 'running'),
      [],
    );
    hardenedFindings = assessStack(hardened, context, await collectAsOperator(hardened, context, { runtime })).findings;
    authority = await readFile(join(target, 'certs', 'ca', 'ca.pem'), 'utf8');
    const operator = await openOperatorSession(hardened, runtime, context);
    assert.ok(operator);
    const read = async (path: string): Promise<string> => {
      const entry = await operator.client.kv2().read(path, { signal: context.signal });
      return entry?.fields.get('password')?.reveal() ?? assert.fail(`no password at ${path}`);
    };
    try {
      passwords = {
        'reference-api': await read('pgbouncer/reference-api'),
        'worker-api': await read('pgbouncer/worker-api'),
        pgbouncer: await read('postgres/pgbouncer'),
      };
    } finally {
      await operator.close();
    }
  });

  after(async () => {
    await runtime?.down({ signal: AbortSignal.timeout(60_000), progress: () => undefined });
    for (const stack of [hardened, development]) await discardRuntime(runtimeDirectoryOf(stack.directory));
    await rm(root, { recursive: true, force: true });
  });

  it('fails every live control in the development posture, and passes all in the production one', () => {
    const controls = [...new Set(ofPooler(hardenedFindings).map(({ control }) => control))];
    assert.equal(controls.length, 6);
    assertProven(import.meta.filename, seenIn(ofPooler(developmentFindings), ofPooler(hardenedFindings)));
    for (const control of controls) {
      const before = ofPooler(developmentFindings).filter((finding) => finding.control === control);
      assert.ok(
        before.some(({ outcome }) => outcome === 'fail'),
        `${control}: ${JSON.stringify(before)}`,
      );
      const now = ofPooler(hardenedFindings).filter((finding) => finding.control === control);
      assert.deepEqual([...new Set(now.map(({ outcome }) => outcome))], ['pass'], `${control}: ${JSON.stringify(now)}`);
    }
  });

  it('closes PostgreSQL to whoever brings no certificate, the consumers of the pooler included', () => {
    const found = hardenedFindings.filter(
      ({ control, source }) => control === 'postgres/client-certificates' && source === 'live',
    );
    assert.deepEqual(
      found.map(({ outcome }) => outcome),
      ['pass'],
      JSON.stringify(found),
    );
  });

  it('has nothing to change a second time', async () => {
    const plan = await hardenDirectory(await openProject({ directory: hardened.directory }, context), {
      ...context,
      result: () => Promise.resolve(),
      color: false,
    });
    assert.deepEqual(plan.changes, []);
    const again = (): ReturnType<typeof bringUp> =>
      bringUp(hardened, runtime ?? assert.fail(), { recipients: [] }, context);
    // The API has made tables at its start, which the other consumer of its database is given rights on by the next run.
    await again();
    assert.equal((await again()).statements, 0);
  });

  it('passes the login of a consumer on, so that PostgreSQL knows who it is', async () => {
    const client = await connect(login({}, await identityOf('reference-api')));
    const { rows } = await client.query('SELECT current_user::text AS me, (SELECT count(*)::int FROM users) AS users');
    assert.deepEqual(rows, [{ me: 'reference-api', users: 1 }]);
    await client.end();
    assert.match(
      await administer(
        "SELECT ssl AND client_dn = '/CN=pgbouncer' FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'reference-api' LIMIT 1;",
      ),
      /^t$/,
    );
  });

  it('is alive to its health check, which has no password', async () => {
    const [, program = '', ...words] = hardened.services.get('pgbouncer')?.healthcheck?.value.test ?? [];
    assert.equal(program, 'pg_isready');
    const place = (path: string): string => join(hardened.directory, 'certs/pgbouncer', path);
    const here = (word: string): string =>
      word
        .replace('port=6432', `port=${poolerPort()}`)
        .replaceAll('=/certs/', `=${place('server/')}`)
        .replaceAll('=/client-certs/', `=${place('client/')}`);
    const alive = await run(program, words.map(here), { timeout: 10_000, ...ownerOf(place('client/key.pem')) });
    assert.equal(alive.exitCode, 0, alive.stdout);
  });

  it('tells verifiers of declared consumers to the pooler alone', async () => {
    assert.match(await administer(ask('pgbouncer', 'reference-api')), /1$/);
    assert.match(await administer(ask('pgbouncer', 'devuser')), /0$/);
    await assert.rejects(administer(ask('reference-api', 'worker-api')), /permission denied/);
    await assert.rejects(administer('SET ROLE pgbouncer; SELECT * FROM users;'), /permission denied/);
  });

  describe('refuses', () => {
    let stranger: Authority;
    before(async () => {
      stranger = await createAuthority('somebody else');
    });
    const cases: readonly (readonly [string, () => Promise<ClientConfig>, RegExp])[] = [
      ['plaintext', () => Promise.resolve(login({ ssl: false })), /SSL required/],
      ['no client certificate', () => Promise.resolve(login()), /alert|ECONNRESET|terminated|hang up/i],
      [
        'a certificate of another authority',
        async () => login({}, await stranger.issue({ commonName: 'reference-api' })),
        /alert|ECONNRESET|terminated|unknown ca/i,
      ],
      [
        'a wrong password',
        async () => login({ password: 'canary-wrong' }, await identityOf('reference-api')),
        /authentication failed/,
      ],
      [
        'an account that is no declared consumer',
        async () => login({ user: 'devuser', password: 'canary-devpassword' }, await identityOf('reference-api')),
        /no such user|authentication failed/,
      ],
      [
        'an application on the console',
        async () => login({ database: 'pgbouncer' }, await identityOf('reference-api')),
        /not allowed|authentication failed|no such|denied/i,
      ],
    ];
    for (const [name, config, reason] of cases)
      it(name, async () => assert.match(await refusal(await config()), reason));
  });

  it('trusts a further authority after a reload, and refuses its expired certificates', async () => {
    const further = await createAuthority('further authority');
    const bundle = join(hardened.directory, 'certs/pgbouncer/server/ca.pem');
    const original = await readFile(bundle, 'utf8');
    const [fresh, expired] = [
      await further.issue({ commonName: 'reference-api' }),
      await further.issue({ commonName: 'reference-api', days: -1 }),
    ];
    assert.notEqual(await refusal(login({}, fresh)), 'let in');
    try {
      await writeFile(bundle, `${original}${further.certificate}`);
      await runtime?.reload('pgbouncer');
      await retry(async () => assert.equal(await refusal(login({}, fresh)), 'let in'), { within: 5000 });
      assert.match(await refusal(login({}, expired)), /alert|ECONNRESET|terminated/i);
    } finally {
      await writeFile(bundle, original);
      await runtime?.reload('pgbouncer');
    }
  });

  it('compares no names: with a right password any certificate of the stack will do', async () => {
    // PgBouncer has no rule that ties an account that logs in with SCRAM to a certificate, as PostgreSQL has.
    assert.equal(await refusal(login({}, await identityOf('worker-api'))), 'let in');
  });

  it('holds 1,000 clients, refuses the next one, and opens 25 connections for them', { timeout: 120_000 }, async () => {
    const identity = await identityOf('worker-api');
    const config = login({ user: 'worker-api', password: passwords['worker-api'] }, identity);
    const clients: Client[] = [];
    try {
      const held = await administer('SELECT 1;');
      assert.equal(held, '1');
      // Others of the stack hold a few: clients come until one is turned away.
      let turnedAway = '';
      await mapConcurrently(
        Array.from({ length: 1000 }, (_, index) => index),
        20,
        async () => {
          try {
            clients.push(await connect(config));
          } catch (thrown) {
            turnedAway = thrown instanceof Error ? thrown.message : String(thrown);
          }
        },
      );
      assert.ok(clients.length >= 980, `${clients.length} clients: ${turnedAway}`);
      while (clients.length <= 1000 && turnedAway === '')
        try {
          clients.push(await connect(config));
        } catch (thrown) {
          turnedAway = thrown instanceof Error ? thrown.message : String(thrown);
        }
      assert.match(turnedAway, /no more connections allowed|max_client_conn/);
      let most = 0;
      const sleeping = clients.slice(0, 60).map((client) => client.query('SELECT pg_sleep(0.5)'));
      const counting = retry(
        async () => {
          most = Math.max(
            most,
            Number(await administer("SELECT count(*) FROM pg_stat_activity WHERE usename = 'worker-api';")),
          );
          assert.equal(most, 25);
        },
        { within: 3000 },
      );
      await Promise.all([...sleeping, counting]);
      const total = Number(await administer("SELECT count(*) FROM pg_stat_activity WHERE usename = 'worker-api';"));
      assert.equal(total, 25);
    } finally {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    }
  });

  it('shows no password in arguments, logs or files of the project', async () => {
    const secrets = Object.values(passwords);
    const absent = (where: string, text: string): void => {
      for (const secret of secrets) assert.ok(!text.includes(secret), `a password is in ${where}`);
    };
    for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      absent(`the arguments of ${id}`, await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
    const { dataDirectory } = readState(runtimeDirectoryOf(hardened.directory)) ?? assert.fail('nothing was started');
    const logs = join(dataDirectory, 'logs');
    for (const name of ['pgbouncer.log', 'postgres.log', 'reference-api.log']) {
      const text = await readFile(join(logs, name), 'utf8');
      assert.notEqual(text, '', name);
      absent(name, text);
    }
    for (const path of ['compose.yaml', 'config/pgbouncer/pgbouncer.ini', 'scripts/pgbouncer/start.sh'])
      absent(path, await readFile(join(hardened.directory, path), 'utf8'));
  });
});
