import assert from 'node:assert/strict';
import { chmod, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Connection } from 'mysql2';
import type { Endpoint } from '../src/contracts/runtime.ts';
import type { Finding } from '../src/contracts/finding.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { openProject } from '../src/jobs/project.ts';
import { readState } from '../src/runtime/process/state.ts';
import { hashPassword } from '../src/services/mysql/password-hash.ts';
import { createAuthority, type Authority } from '../src/services/postgres/testing/authority.ts';
import { run } from '../src/support/exec.ts';
import { retry } from '../src/support/retry.ts';
import { consumer, context, formerPassword, mostConnections, servers, startDatabase } from './mysql/database.ts';
import type { PostureChange } from './posture-change.ts';
import { ask, attempt, open, withSession, type Login } from './mysql/session.ts';
import { type Client, clientOf, denied, inTheClear } from './mysql/client.ts';
import { assertProven, seenIn } from './proofs.ts';

let database: PostureChange;
let client: Client;

const secretId = (): string => join(database.stack.directory, 'secrets', 'db', 'secret-id');
const configuration = (): string => join(database.stack.directory, 'config', 'db', 'palisade.cnf');

const dataFile = (name: string): string => {
  const { dataDirectory } = readState(runtimeDirectoryOf(database.stack.directory)) ?? assert.fail();
  return join(dataDirectory, 'volumes', 'db-data', name);
};

/** What each control says about a server, by its name within the kind. */
const outcomesOf = (findings: readonly Finding[], server: string): Readonly<Record<string, readonly string[]>> => {
  const found: Record<string, string[]> = {};
  for (const { control, resource, outcome } of findings) {
    if (resource.type !== 'service' || resource.name !== server) continue;
    const name = control.slice('mysql/'.length);
    found[name] = [...new Set([...(found[name] ?? []), outcome])];
  }
  return found;
};

/** Restarts with the files as they are now; the stack that is open holds them as they were. */
const restartAfresh = async (): Promise<void> => {
  const stack = await openProject({ directory: database.stack.directory }, context);
  await openProcessRuntime(stack, context).restart('db', context.signal);
};

const ofServer = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ resource }) => resource.type === 'service' && resource.name === 'db');

describe(
  'MariaDB, and MySQL that it stands in for, from the development posture to the production one',
  {
    timeout: 180_000,
  },
  () => {
    before(async () => {
      database = await startDatabase();
      client = clientOf(database, await database.identity(consumer, 'client'));
    });

    after(() => database[Symbol.asyncDispose]());

    describe('fails its live controls in the development posture, and passes them in the production one', () => {
      // Accounts are asked in either posture; the image of the second server is MySQL Community, which has no audit log.
      const exceptions: Readonly<Record<string, readonly [before: string, after: string]>> = {
        'db grant-tables-on': ['pass', 'pass'],
        'legacy grant-tables-on': ['pass', 'pass'],
        'legacy no-anonymous-account': ['pass', 'pass'],
        'legacy statements-audited': ['fail', 'fail'],
      };
      it('as the record of proofs says', () => {
        assertProven(import.meta.filename, seenIn(ofServer(database.before), ofServer(database.after)));
      });
      for (const server of servers)
        it(server, () => {
          const [earlier, now] = [outcomesOf(database.before, server), outcomesOf(database.after, server)];
          assert.equal(Object.keys(now).length, 14);
          for (const control of Object.keys(now)) {
            const [first, then] = exceptions[`${server} ${control}`] ?? ['fail', 'pass'];
            assert.deepEqual([earlier[control], now[control]], [[first], [then]], control);
          }
        });
    });

    it('keeps the seed of the data, and lets a consumer read, write and make tables', async () => {
      const found = await client.asConsumer(async (connection) => {
        await ask(connection, "INSERT INTO items (name) VALUES ('table')");
        await ask(connection, 'CREATE TABLE IF NOT EXISTS orders (id INT PRIMARY KEY AUTO_INCREMENT, item INT)');
        await ask(connection, 'CREATE TEMPORARY TABLE scratch (id INT)');
        return ask(connection, 'SELECT name FROM items ORDER BY id');
      });
      assert.deepEqual(found, ['lamp', 'chair', 'table']);
    });

    it('lets a consumer do no more than it needs', async () => {
      const forbidden = [
        'DROP TABLE items',
        'TRUNCATE items',
        // An underscore in the name of a database is no wildcard.
        'SELECT * FROM shopXdata.secrets',
        'CREATE DATABASE more',
        'SELECT * FROM mysql.user',
        "CREATE USER 'more'@'%'",
        `GRANT SELECT ON shop_data.* TO '${consumer}'@'127.0.0.1'`,
        `ALTER USER '${consumer}'@'127.0.0.1' REQUIRE NONE`,
        'SET GLOBAL require_secure_transport = OFF',
        "SELECT 1 INTO OUTFILE '/tmp/palisade-never'",
        'SHUTDOWN',
        'FLUSH SSL',
        "INSTALL SONAME 'sql_errlog'",
      ];
      await client.asConsumer(async (connection) => {
        for (const sql of forbidden) await assert.rejects(ask(connection, sql), /denied|privilege|not owner/i, sql);
        assert.deepEqual(await ask(connection, "SELECT LOAD_FILE('/etc/passwd')"), [null]);
        assert.deepEqual(await ask(connection, 'SHOW DATABASES'), ['information_schema', 'shop_data']);
      });
    });

    describe('refuses', () => {
      let stranger: Authority;
      before(async () => {
        stranger = await createAuthority('somebody else');
      });
      const outdated = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      const cases: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
        ['plaintext with the right password', () => attempt(inTheClear(client.login())), denied],
        ['TLS 1.1', () => attempt(client.login({ tls: { ...client.tlsOf(), ...outdated } })), /alert protocol version/],
        [
          'no client certificate, with the right password',
          () => attempt(client.login({ tls: { ca: database.authority, verifyIdentity: false } })),
          denied,
        ],
        [
          'a certificate of another authority',
          async () => attempt(client.login({ tls: client.tlsOf(await stranger.issue({ commonName: consumer })) })),
          /alert unknown ca|ECONNRESET|EPIPE|closed the connection|Connection lost/,
        ],
        [
          'the certificate of a server',
          async () => attempt(client.login({ tls: client.tlsOf(await database.identity('legacy', 'server')) })),
          /alert|ECONNRESET|EPIPE|closed the connection|Connection lost/,
        ],
        ['a wrong password', () => attempt(client.login({ password: 'canary-wrong' })), denied],
        ['an empty password', () => attempt(client.login({ password: '' })), denied],
        [
          'the account of another server',
          () => attempt(client.login({ password: client.passwordOf(`legacy/${consumer}`) })),
          denied,
        ],
        ['the former user', () => attempt(client.login({ user: 'dev', password: 'devpassword' })), denied],
        ['the former root', () => attempt(client.login({ user: 'root', password: formerPassword })), denied],
        [
          'root with the right password',
          () => attempt(client.login({ user: 'root', password: client.passwordOf('db') })),
          denied,
        ],
        ['a name that nobody has', () => attempt(client.login({ user: 'nobody', password: '' })), denied],
        [
          'root without a password, which the second server had',
          () => attempt(client.login({ user: 'root', password: '' }, 'legacy')),
          denied,
        ],
      ];
      for (const [name, how, reason] of cases)
        it(name, () => retry(async () => assert.match(await how(), reason), { within: 3000 }));

      it('and takes the very login that differs in nothing else', async () => {
        assert.equal(await attempt(client.login()), 'let in');
        assert.equal(await attempt(client.login({}, 'legacy')), 'let in');
      });
    });

    it('takes new certificates while it runs, ties the account to its subject, and refuses an expired one', async () => {
      const further = await createAuthority('further authority');
      const identity = async (commonName: string, days = 1): Promise<Login> =>
        client.login({ tls: client.tlsOf(await further.issue({ commonName, days })) });
      const fresh = await identity(consumer);
      const refused = /alert|ECONNRESET|EPIPE|closed the connection|Connection lost/;
      const bundle = await client.administer('SELECT @@ssl_ca');
      const original = await readFile(bundle, 'utf8');
      await withSession(client.login(), async (session) => {
        assert.match(await attempt(fresh), refused);
        try {
          await writeFile(bundle, `${original}${further.certificate}`);
          await database.runtime.reload('db');
          assert.equal(await attempt(fresh), 'let in');
          // A certificate of a trusted authority that is somebody else's opens no account.
          assert.match(await attempt(await identity('someone-else')), denied);
          await retry(async () => assert.match(await attempt(await identity(consumer, -1)), refused), { within: 3000 });
        } finally {
          await writeFile(bundle, original);
          await database.runtime.reload('db');
        }
        assert.match(await attempt(fresh), refused);
        assert.deepEqual(await ask(session, 'SELECT 1'), [1], 'a session outlives the change');
      });
    });

    it('turns away the connection after the last that an account may have, and after the last of all', async () => {
      const held: Connection[] = [];
      const fill = async (who: Login): Promise<string> => {
        for (;;)
          try {
            held.push(await open(who));
          } catch (thrown) {
            return thrown instanceof Error ? thrown.message : String(thrown);
          }
      };
      const end = async (): Promise<void> => {
        for (const connection of held.splice(0)) connection.destroy();
        await retry(async () => assert.equal(await attempt(client.login()), 'let in'), { within: 5000 });
      };
      try {
        assert.match(
          await fill(client.login()),
          /has exceeded the 'max_user_connections' resource \(current value: 20\)/,
        );
        assert.equal(held.length, 20);
        assert.equal(await attempt(client.login({}, 'legacy')), 'let in', 'the other server is not concerned');
        await client.administer("CREATE USER 'load'@'127.0.0.1' IDENTIFIED BY 'load' REQUIRE SSL;");
        const others = await fill(client.login({ user: 'load', password: 'load' }));
        assert.match(others, /Too many connections|max_user_connections/);
        assert.ok(held.length <= mostConnections);
        await client.administer("CREATE USER 'more'@'127.0.0.1' IDENTIFIED BY 'more' REQUIRE SSL;");
        assert.match(await fill(client.login({ user: 'more', password: 'more' })), /Too many connections/);
        assert.equal(held.length, mostConnections);
        // One more is kept for the administrator, who gets in to mend it.
        assert.equal(await client.administer('SELECT 1'), '1');
      } finally {
        await end();
        await client.administer("DROP USER IF EXISTS 'load'@'127.0.0.1', 'more'@'127.0.0.1';");
      }
    });

    it('has nothing to change a second time, and takes back what was changed behind its back', async () => {
      assert.deepEqual(await database.again(), { changes: 0, statements: 0 });
      await client.administer(`CREATE USER ''@'%';
CREATE USER 'intruder'@'%' IDENTIFIED BY 'intruder';
GRANT ALL ON *.* TO 'intruder'@'%' WITH GRANT OPTION;
ALTER USER 'dev'@'%' ACCOUNT UNLOCK;
GRANT DROP ON shop_data.* TO '${consumer}'@'127.0.0.1';
GRANT FILE ON *.* TO '${consumer}'@'127.0.0.1' WITH GRANT OPTION;
GRANT SELECT ON mysql.db TO '${consumer}'@'127.0.0.1';
REVOKE INSERT ON \`shop\\_data\`.* FROM '${consumer}'@'127.0.0.1';
ALTER USER '${consumer}'@'127.0.0.1' IDENTIFIED BY 'canary-other' REQUIRE NONE WITH MAX_USER_CONNECTIONS 0;`);
      assert.deepEqual(await database.again(), { changes: 0, statements: 2 });
      assert.deepEqual(await database.again(), { changes: 0, statements: 0 });
      const grants = await client.administer(`SHOW GRANTS FOR '${consumer}'@'127.0.0.1'`);
      assert.match(grants, /GRANT USAGE ON \*\.\* .* REQUIRE SUBJECT '\/CN=shop-api' WITH MAX_USER_CONNECTIONS 20/);
      assert.doesNotMatch(grants, /DROP|FILE|GRANT OPTION|`mysql`/);
      assert.match(grants, /INSERT/);
      assert.match(await attempt(client.login({ user: 'intruder', password: 'intruder' })), /locked|Access denied/);
      assert.equal(await client.administer("SELECT COUNT(*) FROM mysql.user WHERE User = ''"), '0');
    });

    it('is alive to its health check, which has no password', async () => {
      const [, program = '', ...args] = database.stack.services.get('db')?.healthcheck?.value.test ?? [];
      assert.equal(program, 'mariadb-admin');
      const here = args.map((word) =>
        word
          .replace('/certs/', `${join(database.stack.directory, 'certs', 'db', 'server')}/`)
          .replace('--port=3306', `--port=${client.endpointOf().port}`),
      );
      const alive = await run(program, here, { timeout: 10_000 });
      assert.equal(alive.exitCode, 0, alive.stderr);
      assert.match(alive.stderr, /Access denied for user 'health'/);
      const dead = await run(
        program,
        here.map((word) => word.replace(/^--port=.*/, '--port=1')),
        { timeout: 10_000 },
      );
      assert.notEqual(dead.exitCode, 0);
    });

    it('writes down who logs in, who was refused, and what was changed', async () => {
      await client.asConsumer(async (connection) => {
        await ask(connection, 'ALTER TABLE items ADD COLUMN canary_column INT');
        await ask(connection, "SELECT 'canary-read'");
      });
      assert.match(await attempt(client.login({ password: 'canary-wrong' })), denied);
      const log = await readFile(dataFile('server_audit.log'), 'utf8');
      assert.match(
        log,
        /shop-api,127\.0\.0\.1,\d+,\d+,QUERY,shop_data,'ALTER TABLE items ADD COLUMN canary_column INT',0/,
      );
      assert.match(log, /shop-api,127\.0\.0\.1,\d+,0,FAILED_CONNECT,,,1045/);
      assert.match(log, /shop-api,127\.0\.0\.1,\d+,0,CONNECT,shop_data/);
      assert.doesNotMatch(log, /canary-read/);
    });

    it('shows no password in arguments, environments, logs or files', async () => {
      assert.equal(database.passwords.size, 4);
      const secrets = [...database.passwords.values(), formerPassword].flatMap((secret) => [
        secret,
        hashPassword('mariadb', secret, undefined).text.toString('latin1'),
      ]);
      const absent = (where: string, text: string): void => {
        assert.notEqual(text, '', where);
        for (const secret of secrets) assert.ok(!text.includes(secret), `a password is in ${where}`);
      };
      const { dataDirectory, processes } = readState(runtimeDirectoryOf(database.stack.directory)) ?? assert.fail();
      for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
        absent(`the arguments of ${id}`, `\0${await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')}`);
      for (const server of servers) {
        absent(`the environment of ${server}`, await readFile(`/proc/${processes[server]?.pid ?? ''}/environ`, 'utf8'));
        absent(`the log of ${server}`, await readFile(join(dataDirectory, 'logs', `${server}.log`), 'utf8'));
      }
      let seen = 0;
      for (const directory of [database.stack.directory, dataDirectory])
        for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name);
          // The tmpfs of the credentials, what rollback would bring back, and the tables and the logs of the storage engines, which hold the hashes.
          if (!entry.isFile() || /\/palisade-(?:db|legacy)$|\/\.palisade\/originals\//.test(entry.parentPath)) continue;
          if (/\.MA[DI]$|^(?:ibdata|ib_logfile|ibtmp|undo)|^aria_log/.test(entry.name)) continue;
          const text = await readFile(path, 'latin1').catch(() => '');
          if (text !== '') absent(path, text);
          if (/^(?:palisade|my)\.cnf$|^server_audit\.log$/.test(entry.name) && text !== '') seen += 1;
        }
      assert.ok(seen >= 5, `${seen} files that had to be looked at`);
    });

    describe('does not start', () => {
      const cases: readonly (readonly [string, () => string, (path: string) => Promise<void>, RegExp])[] = [
        [
          'with a wrong secret-id',
          secretId,
          (path) => writeFile(path, '00000000-0000-0000-0000-000000000000'),
          /refuses the role-id/,
        ],
        ['without a secret-id', secretId, (path) => rm(path), /secret-id is missing/],
        [
          'with an option that it does not know',
          configuration,
          async (path) =>
            writeFile(path, (await readFile(path, 'utf8')).replace('[mysqld]\n', '[mysqld]\nno_such_option=1\n')),
          /unknown variable 'no_such_option=1'/,
        ],
      ];
      let endpoint: Endpoint;
      before(() => {
        endpoint = client.endpointOf();
      });
      for (const [name, fileOf, spoil, reason] of cases)
        it(name, async () => {
          const path = fileOf();
          const [original, { mode }] = [await readFile(path, 'utf8'), await stat(path)];
          try {
            await chmod(path, 0o600);
            await spoil(path);
            await assert.rejects(
              path === configuration() ? restartAfresh() : database.runtime.restart('db', context.signal),
              reason,
            );
            assert.match(await attempt(client.login({ endpoint })), /ECONNREFUSED/);
          } finally {
            await writeFile(path, original, { mode: mode & 0o777 });
            await chmod(path, mode & 0o777);
          }
        });

      it('and starts again with its accounts and its data once that is mended', async () => {
        await database.runtime.restart('db', context.signal);
        assert.deepEqual(await client.asConsumer((connection) => ask(connection, 'SELECT COUNT(*) FROM items')), [3]);
        assert.deepEqual(await database.again(), { changes: 0, statements: 0 });
      });
    });

    it('is repaired by the next run after it was killed in the middle of its work', async () => {
      const { processes } = readState(runtimeDirectoryOf(database.stack.directory)) ?? assert.fail();
      const { pid } = processes['db'] ?? assert.fail();
      const endpoint = client.endpointOf();
      await client.administer(`DROP USER '${consumer}'@'127.0.0.1'`);
      process.kill(pid, 'SIGKILL');
      await retry(async () => assert.match(await attempt(client.login({ endpoint })), /ECONNREFUSED/), {
        within: 5000,
      });
      assert.deepEqual(await database.again(), { changes: 0, statements: 1 });
      assert.deepEqual(await client.asConsumer((connection) => ask(connection, 'SELECT COUNT(*) FROM items')), [3]);
    });
  },
);
