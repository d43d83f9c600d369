import assert from 'node:assert/strict';
import { chmod, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Endpoint } from '../src/contracts/runtime.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { openProject } from '../src/jobs/project.ts';
import { readState } from '../src/runtime/process/state.ts';
import { type Authority, createAuthority } from '../src/services/postgres/testing/authority.ts';
import { userConnections } from '../src/services/rabbitmq/accounts.ts';
import { converse, listens, plain } from '../src/services/rabbitmq/wire.ts';
import { messageOf } from '../src/support/errors.ts';
import { retry } from '../src/support/retry.ts';
import type { PostureChange } from './posture-change.ts';
import { bind, type Client, clientOf, declare, durable, passive, turnedAway } from './rabbitmq/client.ts';
import { consumer, context, other, startMessaging } from './rabbitmq/messaging.ts';
import { assertProven, seenIn } from './proofs.ts';

let messaging: PostureChange;
let client: Client;

const configuration = (): string => join(messaging.stack.directory, 'config', 'rabbitmq', 'rabbitmq.conf');

const secretId = (): string => join(messaging.stack.directory, 'secrets', 'rabbitmq', 'secret-id');

const outcomes = (findings: PostureChange['before'], outcome: string): readonly string[] =>
  [...new Set(findings.filter((finding) => finding.outcome === outcome).map(({ control }) => control))].toSorted();

describe('RabbitMQ from the development posture to the production one', { timeout: 300_000 }, () => {
  before(async () => {
    messaging = await startMessaging(async (runtime) => {
      const endpoint = runtime.endpoint('rabbitmq', 5672) ?? assert.fail('no port');
      await converse({ endpoint }, context.signal, async (conversation) => {
        assert.equal(await conversation.login('PLAIN', plain('guest', 'guest')), 'accepted');
        assert.equal(await conversation.open('/'), 'opened');
        assert.equal(await declare(conversation, 'kept'), 'ok');
      });
    });
    client = clientOf(messaging, await messaging.identity(consumer, 'client'));
  });

  after(() => messaging[Symbol.asyncDispose]());

  it('fails in the development posture what the server lets an attacker do, and nothing in the production one', () => {
    assert.deepEqual(outcomes(messaging.before, 'fail'), [
      'rabbitmq/client-certificates',
      'rabbitmq/connection-limits',
      'rabbitmq/disk-limit',
      'rabbitmq/guest-on-loopback',
      'rabbitmq/management-tls',
      'rabbitmq/no-guest-login',
      'rabbitmq/own-accounts',
      'rabbitmq/plaintext-refused',
    ]);
    assert.deepEqual(outcomes(messaging.before, 'unknown'), []);
    for (const outcome of ['fail', 'unknown', 'not-applicable'])
      assert.deepEqual(outcomes(messaging.after, outcome), [], JSON.stringify(messaging.after));
    assert.equal(outcomes(messaging.after, 'pass').length, 12);
    assertProven(import.meta.filename, seenIn(messaging.before, messaging.after));
  });

  it('takes the messages of the development posture over, and nobody of its users', async () => {
    assert.match(await client.administer('list_queues', '-p', '/', 'name'), /^kept$/m);
    const users = await client.administer('list_users', '--formatter', 'json');
    assert.deepEqual(
      [...users.matchAll(/"user":"([^"]*)"/g)]
        .map(([, name = '']) => name)
        .toSorted((a, b) => a.localeCompare(b, 'en')),
      ['administrator', other, consumer],
    );
  });

  it('gives a consumer its vhost, and in it everything but what the server says about others', async () => {
    await client.inVhost(consumer, async (conversation) => {
      assert.equal(await declare(conversation, 'orders.created'), 'ok');
    });
    await client.inVhost(consumer, async (conversation) => {
      assert.equal(await bind(conversation, 'orders.created', 'amq.topic'), 'ok');
    });
    await client.inVhost(consumer, async (conversation) => {
      assert.equal(await bind(conversation, 'orders.created', 'amq.rabbitmq.trace'), 403);
    });
  });

  it('gives a consumer no other vhost, and no administration', async () => {
    for (const vhost of ['/', 'billing'])
      await converse(
        { endpoint: client.endpointOf(), tls: client.tlsOf() },
        context.signal,
        async ({ login, open }) => {
          assert.equal(await login('PLAIN', plain(consumer, client.passwordOf(consumer))), 'accepted');
          assert.equal(await open(vhost), 'refused', vhost);
        },
      );
    assert.equal(
      await client.manage('/api/users', client.tlsOf(), `${consumer}:${client.passwordOf(consumer)}`),
      '401',
    );
    assert.equal(
      await client.manage('/api/users', client.tlsOf(), `administrator:${client.passwordOf('rabbitmq')}`),
      '200',
    );
  });

  it('keeps the vhost that a consumer named', async () => {
    const identity = await messaging.identity(other, 'client');
    await converse(
      { endpoint: client.endpointOf(), tls: client.tlsOf(identity) },
      context.signal,
      async ({ login, open }) => {
        assert.equal(await login('PLAIN', plain(other, client.passwordOf(other))), 'accepted');
        assert.equal(await open('billing'), 'opened');
      },
    );
  });

  it('knows neither guest nor a wrong password, and takes no other mechanism', async () => {
    for (const [user, password] of [
      ['guest', 'guest'],
      [consumer, 'canary-wrong'],
      [consumer, ''],
      ['administrator', 'administrator'],
      [other, client.passwordOf(consumer)],
    ] as const)
      assert.equal(await client.logIn(user, password), 'refused', user);
    assert.equal(await client.attempt(client.tlsOf()), 'greeted PLAIN');
  });

  describe('refuses', () => {
    let stranger: Authority;
    before(async () => {
      stranger = await createAuthority('somebody else');
    });
    const outdated = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const cases: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
      ['plaintext', () => client.attempt(undefined), turnedAway],
      ['TLS 1.1', () => client.attempt({ ...client.tlsOf(), ...outdated }), /alert protocol version/],
      ['no client certificate', () => client.attempt(client.anonymous()), /alert certificate required/],
      [
        'a certificate of another authority',
        async () => client.attempt(client.tlsOf(await stranger.issue({ commonName: consumer }))),
        /alert unknown ca/,
      ],
      [
        'the certificate of a server',
        async () => client.attempt(client.tlsOf(await messaging.identity('rabbitmq', 'server'))),
        /alert (?:unsupported|bad) certificate|handshake failure/,
      ],
      [
        'nobody in the management interface',
        () => client.manage('/api/users', client.anonymous()),
        /alert certificate required/,
      ],
    ];
    // A reset may overtake the alert that says why.
    for (const [name, how, reason] of cases)
      it(name, () => retry(async () => assert.match(await how(), reason), { within: 5000 }));
  });

  it('refuses an expired certificate of an authority that it trusts, once it has read the authorities again', async () => {
    const further = await createAuthority('further authority');
    const fresh = client.tlsOf(await further.issue({ commonName: consumer }));
    const expired = client.tlsOf(await further.issue({ commonName: consumer, days: -1 }));
    assert.match(await client.attempt(fresh), turnedAway);
    const bundle = join(messaging.stack.directory, 'certs', 'rabbitmq', 'server', 'ca.pem');
    const original = await readFile(bundle, 'utf8');
    try {
      await writeFile(bundle, `${original}${further.certificate}`);
      await client.reread();
      await retry(async () => assert.match(await client.attempt(fresh), /^greeted/), { within: 5000 });
      await retry(async () => assert.match(await client.attempt(expired), /alert certificate expired/), {
        within: 5000,
      });
    } finally {
      await writeFile(bundle, original);
      await client.reread();
    }
    await retry(async () => assert.match(await client.attempt(fresh), turnedAway), { within: 5000 });
  });

  it('has nothing to change a second time, and takes back what was changed behind its back', async () => {
    assert.deepEqual(await messaging.again(), { changes: 0, statements: 0 });
    await client.administer('add_user', 'intruder', 'canary-intruder');
    await client.administer('set_user_tags', consumer, 'administrator');
    await client.administer('set_permissions', '-p', '/', consumer, '.*', '.*', '.*');
    await client.administer('clear_user_limits', consumer, 'all');
    assert.deepEqual(await messaging.again(), { changes: 0, statements: 2 });
    assert.deepEqual(await messaging.again(), { changes: 0, statements: 0 });
    assert.doesNotMatch(await client.administer('list_users'), /intruder|-api\s+\[administrator\]/);
    assert.doesNotMatch(await client.administer('list_permissions', '-p', '/'), new RegExp(consumer));
  });

  it('turns away the connection after the last that a user may have, and takes the next one when they have left', async () => {
    const limits = (): Promise<string> => client.administer('list_user_limits', '--user', consumer);
    assert.match(await limits(), new RegExp(`"max-connections":${userConnections}\\b`));
    // A tighter limit is as good, and is kept.
    await client.administer('set_user_limits', consumer, '{"max-connections":4,"max-channels":20}');
    const fill = async (held: number): Promise<number> => {
      try {
        return await client.inVhost(consumer, () => fill(held + 1));
      } catch (thrown) {
        assert.match(messageOf(thrown), /refused/);
        return held;
      }
    };
    assert.equal(await fill(0), 4);
    await retry(() => client.inVhost(consumer, () => Promise.resolve()), { within: 10_000 });
    assert.equal((await messaging.again()).statements, 0);
    assert.match(await limits(), /"max-connections":4\b/);
  });

  it('keeps the cookie for itself alone, and epmd beside it', async () => {
    const { dataDirectory } = readState(runtimeDirectoryOf(messaging.stack.directory)) ?? assert.fail();
    const [cookie] = (await readdir(dataDirectory, { recursive: true })).filter((path) =>
      path.endsWith('.erlang.cookie'),
    );
    const file = join(dataDirectory, cookie ?? assert.fail('no cookie'));
    assert.equal((await stat(file)).mode & 0o777, 0o400);
    assert.equal(await readFile(file, 'utf8'), client.passwordOf('rabbitmq#cookie'));
    assert.ok(await listens(client.endpointOf(4369), context.signal));
  });

  it('shows no password in arguments, environments, logs or files', async () => {
    assert.equal(messaging.passwords.size, 4);
    const secrets = [...messaging.passwords.values()];
    const absent = (where: string, text: string): void => {
      for (const secret of secrets) assert.ok(!text.includes(secret), `a password is in ${where}`);
    };
    const { dataDirectory, processes } = readState(runtimeDirectoryOf(messaging.stack.directory)) ?? assert.fail();
    for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      absent(`the arguments of ${id}`, await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''));
    const environment = await readFile(`/proc/${processes['rabbitmq']?.pid ?? ''}/environ`, 'utf8');
    const log = await readFile(join(dataDirectory, 'logs', 'rabbitmq.log'), 'utf8');
    assert.match(environment, /RABBITMQ_NODENAME/);
    absent('the environment', environment);
    // Who came and who was refused stands in the log.
    assert.match(log, new RegExp(`user '${consumer}' authenticated and granted access to vhost '${consumer}'`));
    assert.match(log, /login refused: user 'guest' - invalid credentials/);
    absent('the log', log);
    for (const entry of await readdir(messaging.stack.directory, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        absent(entry.name, await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => ''));
  });

  it('has its accounts and its queues after it was killed', async () => {
    const { processes } = readState(runtimeDirectoryOf(messaging.stack.directory)) ?? assert.fail();
    const main = processes['rabbitmq']?.pid ?? assert.fail('not recorded');
    const endpoint = client.endpointOf();
    process.kill(-main, 'SIGKILL');
    await retry(async () => assert.equal(await listens(endpoint, context.signal), false), { within: 5000 });
    await messaging.runtime.up({ signal: context.signal, progress: context.progress });
    await client.inVhost(consumer, async (conversation) => {
      assert.equal(await declare(conversation, 'orders.created', passive | durable), 'ok');
    });
    assert.equal(await client.logIn('guest', 'guest'), 'refused');
    assert.deepEqual(await messaging.again(), { changes: 0, statements: 0 });
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
    ];
    let endpoint: Endpoint;
    before(() => {
      endpoint = client.endpointOf();
    });
    for (const [name, file, spoil, reason] of cases)
      it(name, async () => {
        const path = file();
        const original = await readFile(path, 'utf8');
        try {
          await chmod(path, 0o600);
          await spoil(path);
          await assert.rejects(messaging.runtime.restart('rabbitmq', context.signal), reason);
          assert.equal(await listens(endpoint, context.signal), false);
        } finally {
          await writeFile(path, original);
          await chmod(path, 0o400);
        }
      });

    it('with a setting that it does not take, and says where it writes which', async () => {
      const original = await readFile(configuration(), 'utf8');
      try {
        await writeFile(configuration(), original.replace('heartbeat = 30', 'heartbeat = often'));
        const spoiled = await openProject({ directory: messaging.stack.directory }, context);
        await assert.rejects(
          openProcessRuntime(spoiled, context).restart('rabbitmq', context.signal),
          /rabbitmq did not start[^]*failed_to_prepare_configuration/,
        );
        assert.equal(await listens(endpoint, context.signal), false);
      } finally {
        await writeFile(configuration(), original);
      }
    });

    it('and starts again, with everybody and everything, once all is back', async () => {
      assert.match(await readFile(configuration(), 'utf8'), /^heartbeat = 30$/m);
      await messaging.runtime.restart('rabbitmq', context.signal);
      await client.inVhost(consumer, async (conversation) => {
        assert.equal(await declare(conversation, 'orders.created', passive | durable), 'ok');
      });
      assert.deepEqual(await messaging.again(), { changes: 0, statements: 0 });
    });
  });
});
