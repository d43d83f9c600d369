import assert from 'node:assert/strict';
import { chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import type { Finding } from '../src/contracts/finding.ts';
import { runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { readState } from '../src/runtime/process/state.ts';
import { administer, type Task } from '../src/services/mongodb/administer.ts';
import type { Document } from '../src/services/mongodb/wire/bson.ts';
import { isDocument, isList } from '../src/services/mongodb/wire/bson.ts';
import {
  converse,
  isRefusal,
  listens,
  type Login,
  logIn,
  type Run,
  succeeded,
} from '../src/services/mongodb/wire/session.ts';
import { createAuthority, type Authority, type Identity } from '../src/services/postgres/testing/authority.ts';
import { messageOf } from '../src/support/errors.ts';
import { sha256 } from '../src/support/files.ts';
import { retry } from '../src/support/retry.ts';
import { consumer, context, database, former, server, startNoted } from './mongodb/stack.ts';
import type { PostureChange } from './posture-change.ts';
import { assertProven, seenIn } from './proofs.ts';

let noted: PostureChange;
let own: Identity;

const endpoint = () => noted.runtime.endpoint(server, 27_017) ?? assert.fail('no port');

const tlsOf = (identity = own): ConnectionOptions => ({ ca: noted.authority, servername: server, ...identity });

const anonymous = (): ConnectionOptions => ({ ca: noted.authority, servername: server });

const passwordOf = (path: string): string => noted.passwords.get(path) ?? assert.fail(`no password at ${path}`);

const loginOf = (name: string): Login =>
  name === consumer
    ? { username: consumer, password: passwordOf(`${server}/${consumer}`), database }
    : { username: 'administrator', password: passwordOf(server), database: 'admin' };

/** Logs in, and asks. */
const as = <T>(login: Login, use: (run: Run) => Promise<T>): Promise<T> =>
  converse({ endpoint: endpoint(), tls: tlsOf() }, context.signal, async (run) => {
    assert.equal(await logIn(run, login), true, 'the login is refused');
    return use(run);
  });

const accepts = (login: Login): Promise<boolean> =>
  converse({ endpoint: endpoint(), tls: tlsOf() }, context.signal, (run) => logIn(run, login));

/** What becomes of an attempt to be answered. */
const attempt = async (tls: ConnectionOptions | undefined): Promise<string> => {
  try {
    const channel = { endpoint: endpoint(), ...(tls === undefined ? {} : { tls }) };
    return await converse(
      channel,
      context.signal,
      async (run) => `answered ${JSON.stringify(await run('admin', { hello: 1 }))}`,
    );
  } catch (thrown) {
    return messageOf(thrown);
  }
};

const asAdministrator = (...tasks: readonly Task[]): Promise<readonly Document[]> => {
  const service = noted.stack.services.get(server) ?? assert.fail();
  const exec = (command: readonly string[], input: string, signal: AbortSignal) =>
    noted.runtime.exec(server, command, { input, signal });
  return administer(exec, service, 27_017, tasks, context.signal);
};

const texts = async (run: Run, collection: string): Promise<readonly unknown[]> => {
  const answer = await run(database, { find: collection, filter: {} });
  assert.ok(succeeded(answer), JSON.stringify(answer));
  const batch = isDocument(answer['cursor']) ? answer['cursor']['firstBatch'] : undefined;
  return (isList(batch) ? batch : []).map((each) => (isDocument(each) ? each['text'] : undefined));
};

const logOf = async (service: string): Promise<string> => {
  const { dataDirectory } = readState(runtimeDirectoryOf(noted.stack.directory)) ?? assert.fail();
  return readFile(join(dataDirectory, 'logs', `${service}.log`), 'utf8');
};

const dataDirectory = (): string => {
  const state = readState(runtimeDirectoryOf(noted.stack.directory)) ?? assert.fail();
  return join(state.dataDirectory, 'volumes', 'notes');
};

const secretId = (): string => join(noted.stack.directory, 'secrets', server, 'secret-id');

const configuration = (): string => join(noted.stack.directory, 'config', server, 'mongod.conf');

const outcomes = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ control, outcome }) => [control, outcome]));

const turnedAway = /alert|ECONNRESET|EPIPE|hung up|disconnected|no message of the protocol/i;

describe('MongoDB from the development posture to the production one', { timeout: 180_000 }, () => {
  before(async () => {
    noted = await startNoted(async (runtime) => {
      const plain = { endpoint: runtime.endpoint(server, 27_017) ?? assert.fail('no port') };
      await converse(plain, context.signal, async (run) => {
        assert.ok(isRefusal(await run(database, { find: 'notes', filter: {} })), 'the image demands logins');
        assert.equal(await logIn(run, { ...former, password: 'wrong' }), false);
        assert.equal(await logIn(run, former), true);
        assert.ok(succeeded(await run(database, { insert: 'notes', documents: [{ text: 'of development' }] })));
      });
    });
    own = await noted.identity(consumer, 'client');
  });

  after(() => noted[Symbol.asyncDispose]());

  it('turns what was accepted in the development posture into what is refused', () => {
    // Where the files say otherwise, a finding of the server that accuses nobody is not repeated.
    assert.deepEqual(outcomes(noted.before), {
      'mongodb/client-certificates': 'fail',
      'mongodb/least-privilege': 'not-applicable',
      'mongodb/login-required': 'pass',
      'mongodb/logins-logged': 'pass',
      'mongodb/no-known-login': 'fail',
      'mongodb/plaintext-refused': 'fail',
      'mongodb/tls-versions': 'not-applicable',
    });
    assert.deepEqual(outcomes(noted.after), {
      'mongodb/client-certificates': 'pass',
      'mongodb/least-privilege': 'not-applicable',
      'mongodb/login-required': 'pass',
      'mongodb/logins-logged': 'pass',
      'mongodb/no-known-login': 'pass',
      'mongodb/no-scripts': 'pass',
      'mongodb/plaintext-refused': 'pass',
      'mongodb/tls-versions': 'pass',
    });
    assertProven(import.meta.filename, seenIn(noted.before, noted.after));
  });

  it('says in its log what FerretDB does nothing about', async () => {
    const [said = ''] = /FerretDB stands in for mongod\. .*/.exec(await logOf(server)) ?? [];
    for (const name of ['net.maxIncomingConnections', 'roles of accounts', 'storage.directoryPerDB'])
      assert.ok(said.includes(name), `${name}: ${said}`);
    for (const name of ['net.tls.mode', 'authorization', 'javascriptEnabled'])
      assert.ok(!said.includes(name), `${name}: ${said}`);
  });

  it('lets a consumer with its own identity read and write, and finds what was there before', async () => {
    await as(loginOf(consumer), async (run) => {
      assert.ok(succeeded(await run(database, { insert: 'notes', documents: [{ text: 'of production' }] })));
      assert.deepEqual(await texts(run, 'notes'), ['of development', 'of production']);
    });
  });

  it('carries out nothing without a login', async () => {
    await converse({ endpoint: endpoint(), tls: tlsOf() }, context.signal, async (run) => {
      for (const [name, command] of [
        [database, { find: 'notes', filter: {} }],
        [database, { insert: 'notes', documents: [{ text: 'of nobody' }] }],
        ['admin', { listDatabases: 1 }],
        ['admin', { usersInfo: { forAllDBs: true } }],
        ['admin', { createUser: 'nobody', pwd: 'canary', roles: [] }],
      ] as const)
        assert.ok(isRefusal(await run(name, command)), JSON.stringify(command));
    });
  });

  it('knows no login but those of Vault, each in its own database', async () => {
    assert.equal(await accepts(loginOf(consumer)), true);
    assert.equal(await accepts(loginOf('administrator')), true);
    for (const login of [
      former,
      { ...loginOf(consumer), password: 'canary-wrong' },
      { ...loginOf(consumer), database: 'admin' },
      { ...loginOf('administrator'), password: passwordOf(`${server}/${consumer}`) },
      { ...loginOf('administrator'), database },
    ])
      assert.equal(await accepts(login), false, `${login.username} in ${login.database}`);
  });

  describe('refuses', () => {
    let stranger: Authority;
    before(async () => {
      stranger = await createAuthority('somebody else');
    });
    const outdated = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const cases: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
      ['plaintext', () => attempt(undefined), turnedAway],
      ['TLS 1.1', () => attempt({ ...tlsOf(), ...outdated }), /alert protocol version/],
      ['no client certificate', () => attempt(anonymous()), /alert certificate required/],
      [
        'a certificate of another authority',
        async () => attempt(tlsOf(await stranger.issue({ commonName: consumer }))),
        /alert unknown ca|alert bad certificate/,
      ],
      [
        'the certificate of a server',
        async () => attempt(tlsOf(await noted.identity('vault', 'server'))),
        /alert bad certificate|alert unsupported certificate/,
      ],
    ];
    // A reset may overtake the alert that says why.
    for (const [name, how, reason] of cases)
      it(name, () => retry(async () => assert.match(await how(), reason), { within: 3000 }));
  });

  it('refuses an expired certificate of an authority that it trusts', async () => {
    const further = await createAuthority('further authority');
    const fresh = tlsOf(await further.issue({ commonName: consumer }));
    const expired = tlsOf(await further.issue({ commonName: consumer, days: -1 }));
    assert.match(await attempt(fresh), turnedAway);
    const bundle = join(noted.stack.directory, 'certs', server, 'server', 'ca.pem');
    const original = await readFile(bundle, 'utf8');
    try {
      await writeFile(bundle, `${original}${further.certificate}`);
      await noted.runtime.restart(server, context.signal);
      assert.match(await attempt(fresh), /^answered/);
      await retry(async () => assert.match(await attempt(expired), /alert certificate expired|alert bad certificate/), {
        within: 3000,
      });
    } finally {
      await writeFile(bundle, original);
      await noted.runtime.restart(server, context.signal);
    }
    assert.match(await attempt(fresh), turnedAway);
  });

  it('has nothing to change a second time, and takes back what was changed behind its back', async () => {
    assert.deepEqual(await noted.again(), { changes: 0, statements: 0 });
    const done = await asAdministrator(
      { database: 'admin', command: { createUser: 'intruder', pwd: 'canary-intruder', roles: [] } },
      { database, command: { updateUser: consumer, pwd: 'canary-changed' } },
    );
    assert.deepEqual(done.map(succeeded), [true, true]);
    assert.equal(await accepts(loginOf(consumer)), false);
    assert.deepEqual(await noted.again(), { changes: 0, statements: 2 });
    assert.deepEqual(await noted.again(), { changes: 0, statements: 0 });
    assert.equal(await accepts(loginOf(consumer)), true);
    assert.equal(await accepts({ username: 'intruder', password: 'canary-intruder', database: 'admin' }), false);
  });

  it('mends a first start that was cut off before the administrator had its password', async () => {
    await rm(join(dataDirectory(), '.palisade-administrator'));
    await writeFile(join(dataDirectory(), 'admin.sqlite'), 'half of a database');
    await noted.runtime.restart(server, context.signal);
    assert.equal(await accepts(loginOf('administrator')), true);
    assert.equal(await accepts(loginOf(consumer)), false);
    assert.deepEqual(await noted.again(), { changes: 0, statements: 1 });
    await as(loginOf(consumer), async (run) => {
      assert.deepEqual(await texts(run, 'notes'), ['of development', 'of production']);
    });
  });

  it('comes back with its accounts and documents after it was killed', async () => {
    const { processes } = readState(runtimeDirectoryOf(noted.stack.directory)) ?? assert.fail();
    process.kill(processes[server]?.pid ?? assert.fail('no process'), 'SIGKILL');
    await retry(async () => assert.equal(await listens(endpoint(), context.signal), false), { within: 5000 }).catch(
      // The runtime may see sooner that the process is gone, and then knows no port.
      (thrown: unknown) => assert.match(messageOf(thrown), /no port/),
    );
    await noted.runtime.up({ only: [server], signal: context.signal, progress: () => undefined });
    await as(loginOf(consumer), async (run) => {
      assert.deepEqual(await texts(run, 'notes'), ['of development', 'of production']);
    });
  });

  it('shows no password in arguments, environments, logs or files', async () => {
    assert.equal(noted.passwords.size, 2);
    const secrets = [...noted.passwords.values()];
    const absent = (where: string, text: string): void => {
      assert.notEqual(text, '', where);
      for (const secret of secrets) assert.ok(!text.includes(secret), `a password is in ${where}`);
    };
    const state = readState(runtimeDirectoryOf(noted.stack.directory)) ?? assert.fail();
    for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      absent(`the arguments of ${id}`, `\0${await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')}`);
    absent('the environment', await readFile(`/proc/${state.processes[server]?.pid ?? ''}/environ`, 'utf8'));
    absent('the log', await logOf(server));
    let configurations = 0;
    for (const directory of [noted.stack.directory, state.dataDirectory])
      for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
        // Where the init script leaves what the server itself and its administrator read.
        if (!entry.isFile() || entry.parentPath.endsWith(`/palisade-${server}`)) continue;
        const text = await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '');
        if (text !== '') absent(join(entry.parentPath, entry.name), text);
        if (entry.name === 'mongod.conf' && text !== '') configurations += 1;
      }
    assert.ok(configurations >= 1, 'the files of the stack are looked at');
    const marker = await readFile(join(dataDirectory(), '.palisade-administrator'), 'utf8');
    assert.equal(marker, sha256(passwordOf(server)));
  });

  describe('does not start', () => {
    const cases: readonly (readonly [string, () => string, (file: string) => Promise<void>, RegExp])[] = [
      [
        'with a wrong secret-id',
        secretId,
        (file) => writeFile(file, '00000000-0000-0000-0000-000000000000'),
        /refuses the role-id/,
      ],
      ['with an empty secret-id', secretId, (file) => writeFile(file, ''), /secret-id is empty/],
      ['without a secret-id', secretId, (file) => rm(file), /secret-id is missing/],
      [
        'with a configuration that is no YAML',
        configuration,
        (file) => writeFile(file, 'net: [unfinished'),
        /mongod\.conf:\d+ cannot be used: it is no valid YAML/,
      ],
    ];
    for (const [name, at, spoil, reason] of cases)
      it(name, async () => {
        const before = endpoint();
        const original = await readFile(at(), 'utf8');
        try {
          await chmod(at(), 0o600);
          await spoil(at());
          await assert.rejects(noted.runtime.restart(server, context.signal), reason);
          assert.equal(await listens(before, context.signal), false);
        } finally {
          await writeFile(at(), original);
          await chmod(at(), at() === secretId() ? 0o400 : 0o644);
        }
        await noted.runtime.restart(server, context.signal);
      });

    it('and starts again with its accounts and its documents once that is mended', async () => {
      await as(loginOf(consumer), async (run) => {
        assert.deepEqual(await texts(run, 'notes'), ['of development', 'of production']);
      });
      assert.deepEqual(await noted.again(), { changes: 0, statements: 0 });
    });
  });
});
