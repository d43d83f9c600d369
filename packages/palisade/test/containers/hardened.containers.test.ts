import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, it } from 'node:test';
import { kinds as serviceKinds } from '../../src/catalog.generated.ts';
import { composeDirectoryOf } from '../../src/jobs/open-runtime.ts';
import { loadStack } from '../../src/model/index.ts';
import { type ComposeRuntime, createComposeRuntime } from '../../src/runtime/compose/index.ts';
import { createAuthority } from '../../src/services/postgres/testing/authority.ts';
import { describeWithEngine } from './engine/describe.ts';
import { declaredEdges, measuredEdges, reachedFrom } from './reach/matrix.ts';
import { assertHardened } from './stack/inside.ts';
import { bringUpHardened, type RunningStack } from './stack/running.ts';

const name = 'palisade-hardened';

/** The services with the port on which each of them is called. */
const ports: Readonly<Record<string, number>> = {
  vault: 8200,
  postgres: 5432,
  pgbouncer: 6432,
  mysql: 3306,
  mongodb: 27_017,
  'redis-1': 6379,
  'redis-2': 6379,
  'redis-3': 6379,
  rabbitmq: 5671,
  'reference-api': 8443,
  nginx: 8443,
};

const kinds = ['vault', 'postgres', 'pgbouncer', 'mysql', 'mongodb', 'redis', 'rabbitmq', 'reference-api', 'nginx'];

// container_name of the bundled stack.
const container = (service: string): string => `${name}-${service}`;

/** Who can call a service: one that shares a network with it. */
const callerOf = (service: string): string =>
  service === 'nginx' ? 'reference-api' : service === 'vault' ? 'postgres' : 'vault';

/** Logs in with what standard input says, and prints the status of the answer alone. */
const loginScript =
  'curl --silent --output /dev/null --write-out "%{http_code}" --cacert /vault-ca/ca.pem --data @- https://vault:8200/v1/auth/approle/login';

const until = async (what: string, seconds: number, holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`not within ${seconds} s: ${what}`);
    await sleep(300);
  }
};

await describeWithEngine('the hardened stack, with its real services in containers', kinds, (engine) => {
  let stack: RunningStack;

  before(async () => {
    stack = await bringUpHardened(engine, name, []);
  });
  after(() => stack.remove());

  const inside = (service: string, script: string): ReturnType<typeof engine.docker> =>
    engine.docker(['exec', container(service), 'sh', '-c', script]);

  const inspect = (service: string, what: string): Promise<string> =>
    engine.ask(['inspect', '--format', what, container(service)]);

  const answers = async (service: string): Promise<boolean> => {
    const target = `${service}:${ports[service] ?? 0}`;
    return (await reachedFrom(engine, container(callerOf(service)), [target])).length > 0;
  };

  /** Healthy by the stack's own health check, and reached by a caller. */
  const comesUp = (service: string): Promise<void> =>
    until(`${service} is up`, 180, async () => {
      const health = await inspect(service, '{{.State.Health.Status}}');
      return health === 'healthy' && (await answers(service).catch(() => false));
    });

  /** Logs in at Vault with the files of one service from the container of another; the status of the answer. */
  const logIn = async (service: string, from: string): Promise<string> => {
    const [role_id, secret_id] = ['role-id', 'secret-id'].map((id) =>
      readFileSync(join(stack.directory, 'secrets', service, id), 'utf8').trim(),
    );
    const { stdout } = await engine.docker(['exec', '--interactive', container(from), 'sh', '-c', loginScript], {
      input: JSON.stringify({ role_id, secret_id }),
    });
    return stdout.trim();
  };

  it('runs every service without root, without capabilities, on a read-only root, within limits', async () => {
    for (const service of Object.keys(ports)) await assertHardened(engine, container(service));
  });

  it('lets each service reach those that it calls or that call it, and no other', async () => {
    const measured = await measuredEdges(
      engine,
      { ...stack.project, container },
      Object.fromEntries(Object.entries(ports).map(([service, port]) => [service, [port]])),
    );
    assert.deepEqual(measured, await declaredEdges(stack.directory));
  });

  it('demands a login and TLS of whoever reaches a server', async () => {
    const redis = await inside(
      'redis-1',
      'redis-cli -p 6379 --tls --cacert /certs/ca.pem --cert /client-certs/cert.pem --key /client-certs/key.pem get secret',
    );
    assert.match(redis.stdout + redis.stderr, /NOAUTH/);
    const plain = await inside('redis-1', 'redis-cli -p 6379 ping');
    assert.doesNotMatch(plain.stdout, /PONG/);
    const postgres = await inside(
      'pgbouncer',
      'psql "host=postgres user=devuser dbname=devdb sslmode=disable" -c "select 1"',
    );
    assert.notEqual(postgres.exitCode, 0);
    assert.match(postgres.stderr, /pg_hba\.conf rejects|no pg_hba\.conf entry/);
    const mysql = await inside(
      'mysql',
      'mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --user=root --skip-ssl -e "select 1"',
    );
    assert.notEqual(mysql.exitCode, 0);
    const mongosh = async (options: string): Promise<string> => {
      const target = `mongodb://localhost:27017/admin?serverSelectionTimeoutMS=3000${options}`;
      const asked = `mongosh --quiet --norc '${target}' --eval 'db.adminCommand({ listDatabases: 1 }).ok'`;
      const { exitCode, stdout, stderr } = await inside('mongodb', asked);
      return `${exitCode} ${stdout}${stderr}`;
    };
    const identity = '&tlsCertificateKeyFile=/dev/shm/palisade-mongodb/client.pem';
    assert.match(await mongosh(`&tls=true&tlsCAFile=/certs/ca.pem${identity}`), /^1 .*requires authentication/s);
    assert.match(await mongosh('&tls=true&tlsCAFile=/certs/ca.pem'), /^1 (?!.*requires authentication)/s);
    assert.match(await mongosh(''), /^1 (?!.*requires authentication)/s);
    const manage = async (identified: string): Promise<string> => {
      const asked = `curl --silent --output /dev/null --write-out '%{http_code}' --user guest:guest --cacert /certs/ca.pem ${identified} https://rabbitmq:15671/api/whoami`;
      const { exitCode, stdout } = await inside('reference-api', asked);
      return `${exitCode} ${stdout}`;
    };
    assert.equal(await manage('--cert /client-certs/cert.pem --key /client-certs/key.pem'), '0 401');
    assert.match(await manage(''), /^[1-9]\d* 000$/);
    const vault = await inside(
      'vault',
      'curl --silent --cacert /certs/ca.pem --header "X-Vault-Token: root" https://localhost:8200/v1/secret/data/postgres',
    );
    assert.match(vault.stdout, /permission denied/);
  });

  it('lets no login at Vault be used but from the network of the service that it is for', async () => {
    for (const owner of ['mysql', 'reference-api']) assert.equal(await logIn(owner, owner), '200', owner);
    for (const thief of ['mysql', 'postgres', 'redis-1', 'pgbouncer'])
      assert.match(await logIn('reference-api', thief), /^4\d\d$/, `reference-api from ${thief}`);
  });

  const openRuntime = async (): Promise<ComposeRuntime> =>
    createComposeRuntime({
      stack: await loadStack({ directory: stack.directory, kinds: serviceKinds, environment: {} }),
      kinds: serviceKinds,
      stateDirectory: composeDirectoryOf(stack.directory),
      programDirectories: (process.env['PATH'] ?? '').split(delimiter),
      environment: engine.environment,
    });

  /** Serial number of the certificate that a server shows. */
  const serialOf = async (service: string): Promise<string> => {
    const startTls = { postgres: 'postgres', pgbouncer: 'postgres', mysql: 'mysql' }[service];
    const { stdout } = await inside(
      service,
      `openssl s_client -connect localhost:${ports[service] ?? 0} ${startTls === undefined ? '' : `-starttls ${startTls}`} < /dev/null 2> /dev/null | openssl x509 -noout -serial`,
    );
    return stdout.trim();
  };

  /** Puts a certificate of another authority in the place of a service's own while `use` runs. */
  const withOtherCertificate = async (service: string, use: () => Promise<void>): Promise<void> => {
    const { cert, key } = await (
      await createAuthority('further authority')
    ).issue({
      commonName: service,
      names: [service, 'localhost'],
    });
    const files = ['cert.pem', 'key.pem'].map((file) => join(stack.directory, 'certs', service, 'server', file));
    const former = files.map((file) => readFileSync(file));
    try {
      for (const [index, file] of files.entries()) writeFileSync(file, [cert, key][index] ?? '');
      await use();
    } finally {
      for (const [index, file] of files.entries()) writeFileSync(file, former[index] ?? '');
    }
  };

  it('has its servers take a new certificate while they run, and the former one again', async () => {
    const runtime = await openRuntime();
    for (const service of ['postgres', 'pgbouncer', 'mysql', 'rabbitmq']) {
      const former = await serialOf(service);
      assert.match(former, /^serial=[0-9A-F]+$/, service);
      const started = await inspect(service, '{{.State.Pid}} {{.RestartCount}}');
      await withOtherCertificate(service, async () => {
        await runtime.reload(service);
        await until(
          `${service} shows the new one`,
          20,
          async () => /^serial=(?!$)/.test(await serialOf(service)) && (await serialOf(service)) !== former,
        );
      });
      await runtime.reload(service);
      await until(`${service} shows the former one`, 20, async () => (await serialOf(service)) === former);
      assert.equal(await inspect(service, '{{.State.Pid}} {{.RestartCount}}'), started, `${service} was started anew`);
    }
  });

  it('says that the stand-in of MongoDB takes no new certificate while it runs, and has it with a new start', async () => {
    const runtime = await openRuntime();
    const former = await serialOf('mongodb');
    await withOtherCertificate('mongodb', async () => {
      // FerretDB has no rotateCertificates, which mongod has.
      await assert.rejects(runtime.reload('mongodb'), /rotateCertificates/);
      assert.equal(await serialOf('mongodb'), former);
      // mongosh, which is the health check, does not trust it: the process is what is awaited.
      await engine.ask(['restart', '--time', '5', container('mongodb')]);
      await until(
        'mongodb shows the new one',
        60,
        async () => /^serial=(?!$)/.test(await serialOf('mongodb')) && (await serialOf('mongodb')) !== former,
      );
    });
    await runtime.restart('mongodb', AbortSignal.timeout(90_000));
    assert.equal(await serialOf('mongodb'), former);
  });

  it('brings each service that is killed back as it was, one after the other', async () => {
    for (const service of Object.keys(ports).filter((each) => each !== 'vault')) {
      const before = await inspect(service, '{{.State.Pid}} {{.RestartCount}}');
      // From outside: what `docker kill` ends counts as stopped by hand, and is not started again.
      process.kill(Number(before.split(' ')[0]), 'SIGKILL');
      await until(`${service} has been started again`, 60, async () => {
        const now = await inspect(service, '{{.State.Pid}} {{.RestartCount}}');
        return now !== before && !now.startsWith('0 ');
      });
      await until(`${service} answers again`, 60, () => answers(service).catch(() => false));
      await assertHardened(engine, container(service));
    }
  });

  it('starts no service whose secret it cannot read, and opens no port of it', async () => {
    const secrets = join(stack.directory, 'secrets');
    const services = Object.keys(ports).filter((service) => existsSync(join(secrets, service)));
    assert.deepEqual(services.toSorted(), [
      'mongodb',
      'mysql',
      'pgbouncer',
      'postgres',
      'rabbitmq',
      'redis-1',
      'redis-2',
      'redis-3',
      'reference-api',
    ]);
    await Promise.all(
      services.map(async (service) => {
        const files = readdirSync(join(secrets, service)).map((file) => join(secrets, service, file));
        const owners = files.map((file) => statSync(file));
        for (const file of files) {
          chownSync(file, 0, 0);
          chmodSync(file, 0o600);
        }
        try {
          await engine.ask(['restart', '--time', '5', container(service)], { timeout: 120_000 });
          await until(
            `${service} gives up`,
            90,
            async () => (await inspect(service, '{{.State.Status}}')) === 'exited',
          );
          assert.notEqual(await inspect(service, '{{.State.ExitCode}}'), '0');
          assert.equal(await answers(service), false, `${service} answers without its secret`);
          const { stdout, stderr } = await engine.docker(['logs', '--tail', '20', container(service)]);
          assert.match(stdout + stderr, /cannot be read|EACCES|permission denied|unreadable/i);
        } finally {
          for (const [index, file] of files.entries()) {
            const { uid = 0, gid = 0, mode = 0o600 } = owners[index] ?? {};
            chownSync(file, uid, gid);
            chmodSync(file, mode & 0o777);
          }
        }
      }),
    );
    await engine.ask(['start', ...services.map(container)], { timeout: 120_000 });
    await Promise.all(services.map(comesUp));
  });

  it('has a Vault that comes back sealed when it is killed, and serves again when it is unsealed', async () => {
    const before = await inspect('vault', '{{.State.Pid}}');
    process.kill(Number(before), 'SIGKILL');
    await until('vault runs again', 60, async () => !['0', before].includes(await inspect('vault', '{{.State.Pid}}')));
    const sealed = (): Promise<boolean> =>
      engine
        .docker(['exec', container('vault'), 'vault', 'status', '-format=json'])
        .then(({ stdout }) => /"sealed": true/.test(stdout));
    await until('vault answers that it is sealed', 60, sealed);
    const identity = join(stack.directory, '.palisade', 'vault', 'demo-identity.txt');
    assert.ok(
      existsSync(identity) && readFileSync(identity).length > 0,
      readdirSync(join(stack.directory, '.palisade', 'vault')).join(),
    );
    const { code, stdout, stderr } = await stack.palisade(['unseal', '--identity', identity]);
    assert.equal(code, 0, stdout + stderr);
    await comesUp('vault');
    await assertHardened(engine, container('vault'));
    // Somebody who needs it is served again.
    await engine.ask(['restart', '--time', '5', container('redis-1')]);
    await comesUp('redis-1');
  });
});
