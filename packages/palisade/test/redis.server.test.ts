import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import type { Endpoint } from '../src/contracts/runtime.ts';
import type { Finding } from '../src/contracts/finding.ts';
import { runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { readState } from '../src/runtime/process/state.ts';
import { createAuthority, type Authority, type Identity } from '../src/services/postgres/testing/authority.ts';
import { type Ask, converse, listens, type Reply } from '../src/services/redis/wire.ts';
import { messageOf } from '../src/support/errors.ts';
import { run } from '../src/support/exec.ts';
import { sha256 } from '../src/support/files.ts';
import { retry } from '../src/support/retry.ts';
import { consumer, context, mostClients, nodes, startCluster } from './redis/cluster.ts';
import type { PostureChange } from './posture-change.ts';
import { assertProven, seenIn } from './proofs.ts';

let cluster: PostureChange;
let own: Identity;

const endpointOf = (node: string, port = 6379) =>
  cluster.runtime.endpoint(node, port) ?? assert.fail(`no port of ${node}`);

const tlsOf = (identity = own, servername: string = nodes[0]): ConnectionOptions => ({
  ca: cluster.authority,
  servername,
  ...identity,
});

const anonymous = (): ConnectionOptions => ({ ca: cluster.authority, servername: nodes[0] });

const textOf = (reply: Reply): string =>
  reply.type === 'array' ? reply.items.map(textOf).join(' ') : 'text' in reply ? reply.text : '';

const passwordOf = (path: string): string => cluster.passwords.get(path) ?? assert.fail(`no password at ${path}`);

const secretOfConsumer = `redis-1/${consumer}`;

/** Logs in to a node, and asks. */
const as = <T>(user: string, password: string, use: (ask: Ask) => Promise<T>, node: string = nodes[0]): Promise<T> =>
  converse({ endpoint: endpointOf(node), tls: tlsOf(undefined, node) }, context.signal, async (ask) => {
    assert.equal(textOf(await ask('AUTH', user, password)), 'OK');
    return use(ask);
  });

const asConsumer = <T>(use: (ask: Ask) => Promise<T>, node?: string): Promise<T> =>
  as(consumer, passwordOf(secretOfConsumer), use, node);

/** As a client of a cluster: goes where it is sent, and verifies the name that it is sent to. */
const inCluster = async (...words: readonly string[]): Promise<string> => {
  const reply = await asConsumer(async (ask) => textOf(await ask(...words)));
  const [, host, port] = /^MOVED \d+ (\S+):(\d+)$/.exec(reply) ?? [];
  if (host === undefined) return reply;
  const endpoint = { host, port: Number(port) };
  return converse({ endpoint, tls: tlsOf(undefined, host) }, context.signal, async (ask) => {
    await ask('AUTH', consumer, passwordOf(secretOfConsumer));
    return textOf(await ask(...words));
  });
};

/** What becomes of an attempt to be answered. */
const attempt = async (tls: ConnectionOptions | undefined, port?: number): Promise<string> => {
  try {
    const channel = { endpoint: endpointOf(nodes[0], port), ...(tls === undefined ? {} : { tls }) };
    return await converse(channel, context.signal, async (ask) => `answered ${textOf(await ask('PING'))}`);
  } catch (thrown) {
    return messageOf(thrown);
  }
};

const administer = async (node: string, ...commands: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await cluster.runtime.exec(node, ['redis-cli'], {
    input: `${commands.join('\n')}\n`,
    signal: context.signal,
  });
  assert.equal(exitCode, 0, stderr);
  assert.doesNotMatch(stdout, /^(?:ERR|NOAUTH|NOPERM|WRONGPASS)/m);
  return stdout.trim();
};

const clusterServes = (): Promise<void> =>
  retry(
    async () => {
      for (const node of nodes)
        assert.match(
          await administer(node, 'CLUSTER INFO'),
          /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_known_nodes:3/,
        );
    },
    { within: 10_000 },
  );

/** How many clients a node has turned away since its start. */
const rejected = async (node: string): Promise<number> =>
  Number(/rejected_connections:(\d+)/.exec(await administer(node, 'INFO stats'))?.[1]);

/** What the third node logs in to Vault with. */
const secretId = (): string => join(cluster.stack.directory, 'secrets', 'redis-3', 'secret-id');

/** A file of the first node's certificate. */
const placeOf = (file: string): string => join(cluster.stack.directory, 'certs', nodes[0], 'server', file);

/** The fingerprint of the certificate that the first node shows to whoever connects now. */
const shownAt = (port: number): Promise<string> =>
  converse(
    { endpoint: endpointOf(nodes[0], port), tls: { ...tlsOf(), rejectUnauthorized: false } },
    context.signal,
    (_, socket) =>
      Promise.resolve(
        (socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined) ?? '',
      ),
  );

const turnedAway = /alert|ECONNRESET|EPIPE|hung up|disconnected/i;

describe('a cluster of Redis from the development posture to the production one', { timeout: 120_000 }, () => {
  before(async () => {
    cluster = await startCluster();
    own = await cluster.identity(consumer, 'client');
  });

  after(() => cluster[Symbol.asyncDispose]());

  it('fails every live control in the development posture, and passes all in the production one, on each node', () => {
    const controls = [...new Set(cluster.after.map(({ control }) => control))];
    assert.equal(controls.length, 7);
    assertProven(import.meta.filename, seenIn(cluster.before, cluster.after));
    for (const control of controls)
      for (const node of nodes) {
        const about = (findings: readonly Finding[]): readonly Finding[] =>
          findings.filter(
            (finding) =>
              finding.control === control &&
              JSON.stringify(finding.resource) === JSON.stringify({ type: 'service', name: node }),
          );
        const [earlier, now] = [about(cluster.before), about(cluster.after)];
        assert.ok(
          earlier.some(({ outcome }) => outcome === 'fail'),
          `${control} of ${node}: ${JSON.stringify(earlier)}`,
        );
        assert.deepEqual(
          [...new Set(now.map(({ outcome }) => outcome))],
          ['pass'],
          `${control}: ${JSON.stringify(now)}`,
        );
      }
  });

  it('covers all slots over TLS', clusterServes);

  it('is alive to its health check, which has no password', async () => {
    const [, shell = ''] = cluster.stack.services.get(nodes[0])?.healthcheck?.value.test ?? [];
    assert.match(shell, /^redis-cli -p 6379 --tls /);
    const place = (role: string): string => ` ${join(cluster.stack.directory, 'certs', nodes[0], role)}/`;
    const here = shell
      .replace('-p 6379', `-p ${endpointOf(nodes[0]).port}`)
      .replaceAll(' /certs/', place('server'))
      .replaceAll(' /client-certs/', place('client'));
    const alive = await run('/bin/sh', ['-c', here], { timeout: 10_000 });
    assert.equal(alive.exitCode, 0, alive.stderr);
  });

  it('lets a consumer write and read its keys on every node', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `session:${index}`);
    for (const key of keys) assert.equal(await inCluster('SET', key, `of ${key}`), 'OK');
    for (const key of keys) assert.equal(await inCluster('GET', key), `of ${key}`);
    for (const node of nodes) assert.notEqual(await administer(node, 'DBSIZE'), '0', node);
  });

  it('lets a consumer do no more than it needs, also from a script', async () => {
    const forbidden = [
      ['CONFIG', 'GET', 'dir'],
      ['CONFIG', 'SET', 'tls-cert-file', '/certs/cert.pem'],
      ['DEBUG', 'HELP'],
      ['ACL', 'LIST'],
      ['ACL', 'SETUSER', consumer, '+@all'],
      ['MODULE', 'LIST'],
      ['FLUSHALL'],
      ['KEYS', '*'],
      ['SHUTDOWN', 'NOSAVE'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['CLUSTER', 'RESET'],
      ['MONITOR'],
      ['EVAL', "return redis.call('FLUSHALL')", '0'],
    ];
    for (const node of nodes)
      await asConsumer(async (ask) => {
        for (const words of forbidden) {
          const reply = await ask(...words);
          assert.equal(reply.type, 'error', words.join(' '));
          assert.match(textOf(reply), /NOPERM|can't run this command|DEBUG command not allowed/i);
        }
      }, node);
  });

  it('lets a script of a consumer count by the clock of the server, as limits are counted', async () => {
    for (const node of nodes)
      await asConsumer(async (ask) => {
        const reply = await ask('EVAL', "return redis.call('TIME')[1]", '0');
        assert.match(textOf(reply), /^\d{10}$/);
      }, node);
  });

  it('lets another node replicate, and do nothing else', async () => {
    await as('redis-2', passwordOf('redis-2#replication'), async (ask) => {
      assert.equal(textOf(await ask('PING')), 'PONG');
      for (const words of [
        ['GET', 'session:1'],
        ['ACL', 'LIST'],
        ['CLUSTER', 'NODES'],
      ])
        assert.match(textOf(await ask(...words)), /^NOPERM/);
    });
  });

  it('knows nobody without an account', async () => {
    const tls = tlsOf();
    assert.match(await attempt(tls), /^answered NOAUTH/);
    await converse({ endpoint: endpointOf(nodes[0]), tls }, context.signal, async (ask) => {
      for (const words of [['anything'], [''], ['default', ''], [consumer, 'canary-wrong'], ['administrator', 'redis']])
        assert.match(textOf(await ask('AUTH', ...words)), /^WRONGPASS/, words.join(' '));
      assert.match(textOf(await ask('CONFIG', 'GET', 'dir')), /^NOAUTH/);
    });
  });

  describe('refuses', () => {
    let stranger: Authority;
    before(async () => {
      stranger = await createAuthority('somebody else');
    });
    const outdated = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const cases: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
      ['plaintext', () => attempt(undefined), turnedAway],
      ['plaintext on the bus', () => attempt(undefined, 16_379), turnedAway],
      ['TLS 1.1', () => attempt({ ...tlsOf(), ...outdated }), /alert protocol version/],
      ['no client certificate', () => attempt(anonymous()), /alert certificate required/],
      ['no client certificate on the bus', () => attempt(anonymous(), 16_379), /alert certificate required/],
      [
        'a certificate of another authority',
        async () => attempt(tlsOf(await stranger.issue({ commonName: consumer }))),
        /alert unknown ca/,
      ],
      [
        'the certificate of a server',
        async () => attempt(tlsOf(await cluster.identity('redis-2', 'server'))),
        /alert unsupported certificate/,
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
    const [, bundle = ''] = (await administer(nodes[0], 'CONFIG GET tls-ca-cert-file')).split('\n');
    const original = await readFile(bundle, 'utf8');
    try {
      await writeFile(bundle, `${original}${further.certificate}`);
      await administer(nodes[0], `CONFIG SET tls-ca-cert-file ${bundle}`);
      assert.match(await attempt(fresh), /^answered NOAUTH/);
      await retry(async () => assert.match(await attempt(expired), /alert certificate expired/), { within: 3000 });
    } finally {
      await writeFile(bundle, original);
      await administer(nodes[0], `CONFIG SET tls-ca-cert-file ${bundle}`);
    }
    assert.match(await attempt(fresh), turnedAway);
  });

  it('takes a new certificate and a new key while it runs, also for the bus, and keeps the old ones where those cannot be used', async () => {
    const further = await createAuthority('further authority');
    const fresh = await further.issue({ commonName: nodes[0], names: [nodes[0], 'localhost'] });
    const expected = new X509Certificate(fresh.cert).fingerprint256;
    const names = ['cert.pem', 'key.pem', 'ca.pem'] as const;
    const [cert = '', key = '', bundle = ''] = await Promise.all(names.map((name) => readFile(placeOf(name), 'utf8')));
    const replace = async (...texts: readonly string[]): Promise<void> => {
      for (const [index, name] of names.entries()) await writeFile(placeOf(name), texts[index] ?? assert.fail(name));
    };
    const trusting = `${bundle}${further.certificate}`;
    const former = await shownAt(6379);
    assert.notEqual(former, expected);
    await asConsumer(async (ask) => {
      assert.equal(textOf(await ask('CLIENT', 'SETNAME', 'opened-before')), 'OK');
      try {
        await replace(fresh.cert, key, trusting);
        await assert.rejects(cluster.runtime.reload(nodes[0]), { code: 'redis/client-failed' });
        assert.equal(await shownAt(6379), former, 'a key of another certificate');

        await replace(fresh.cert, fresh.key, trusting);
        await cluster.runtime.reload(nodes[0]);
        assert.deepEqual([await shownAt(6379), await shownAt(16_379)], [expected, expected]);
        assert.equal(textOf(await ask('CLIENT', 'GETNAME')), 'opened-before', 'a connection outlives the change');
      } finally {
        await replace(cert, key, trusting);
        await cluster.runtime.reload(nodes[0]);
        await replace(cert, key, bundle);
        await cluster.runtime.reload(nodes[0]);
      }
      assert.equal(await shownAt(6379), former);
      assert.equal(textOf(await ask('CLIENT', 'GETNAME')), 'opened-before');
    });
    await clusterServes();
  });

  it('has nothing to change a second time, and takes back what was changed behind its back', async () => {
    assert.deepEqual(await cluster.again(), { changes: 0, statements: 0 });
    await administer('redis-2', 'ACL SETUSER intruder on nopass ~* +@all', `ACL SETUSER ${consumer} +config nopass`);
    assert.deepEqual(await cluster.again(), { changes: 0, statements: 2 });
    assert.deepEqual(await cluster.again(), { changes: 0, statements: 0 });
    assert.doesNotMatch(await administer('redis-2', 'ACL LIST'), /intruder|nopass|\+config/);
  });

  it('turns away the client after the last that it holds, and takes the next one when they have left', async () => {
    const earlier = await rejected('redis-2');
    // The links of the nodes count as well.
    const fill = async (held: number): Promise<number> => {
      try {
        return await asConsumer(() => fill(held + 1), 'redis-2');
      } catch (thrown) {
        assert.match(messageOf(thrown), turnedAway);
        return held;
      }
    };
    const held = await fill(0);
    assert.ok(held >= mostClients - 10 && held <= mostClients, `${held} clients`);
    await retry(async () => assert.ok((await rejected('redis-2')) > earlier), { within: 5000 });
  });

  it('shows no password in arguments, environments, logs or files', async () => {
    assert.equal(cluster.passwords.size, 7);
    const secrets = [...cluster.passwords.values()].flatMap((secret) => [secret, sha256(secret)]);
    const absent = (where: string, text: string): void => {
      assert.notEqual(text, '', where);
      for (const secret of secrets) assert.ok(!text.includes(secret), `a password is in ${where}`);
    };
    const { dataDirectory, processes } = readState(runtimeDirectoryOf(cluster.stack.directory)) ?? assert.fail();
    for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      absent(`the arguments of ${id}`, `\0${await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')}`);
    for (const node of nodes) {
      absent(`the environment of ${node}`, await readFile(`/proc/${processes[node]?.pid ?? ''}/environ`, 'utf8'));
      absent(`the log of ${node}`, await readFile(join(dataDirectory, 'logs', `${node}.log`), 'utf8'));
    }
    let configurations = 0;
    for (const directory of [cluster.stack.directory, dataDirectory])
      for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
        // Where the init script leaves what the server itself reads, and the list of accounts, which holds hashes.
        if (!entry.isFile() || /\/palisade-redis-\d$/.test(entry.parentPath) || entry.name.startsWith('users.acl'))
          continue;
        // Servers go on to write: a file of theirs may be gone by now.
        const text = await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '');
        if (text !== '') absent(join(entry.parentPath, entry.name), text);
        if (entry.name === 'redis.conf' && text !== '') configurations += 1;
      }
    assert.ok(configurations >= 6, 'the files of the stack, and those that the servers were given');
  });

  describe('does not start', () => {
    const cases: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
      [
        'with a wrong secret-id',
        () => writeFile(secretId(), '00000000-0000-0000-0000-000000000000'),
        /refuses the role-id/,
      ],
      ['with an empty secret-id', () => writeFile(secretId(), ''), /secret-id is empty/],
      ['without a secret-id', () => rm(secretId()), /secret-id is missing/],
    ];
    let endpoint: Endpoint;
    before(() => {
      endpoint = endpointOf('redis-3');
    });
    for (const [name, spoil, reason] of cases)
      it(name, async () => {
        const original = await readFile(secretId(), 'utf8');
        try {
          await chmod(secretId(), 0o600);
          await spoil();
          await assert.rejects(cluster.runtime.restart('redis-3', context.signal), reason);
          assert.equal(await listens(endpoint, context.signal), false);
        } finally {
          await writeFile(secretId(), original, { mode: 0o400 });
          await chmod(secretId(), 0o400);
        }
      });

    it('and starts again with its accounts, its keys and its slots once the secret-id is back', async () => {
      await cluster.runtime.restart('redis-3', context.signal);
      await clusterServes();
      assert.equal(await inCluster('SET', 'after', 'all'), 'OK');
      for (let index = 0; index < 12; index++)
        assert.equal(await inCluster('GET', `session:${index}`), `of session:${index}`);
      assert.deepEqual(await cluster.again(), { changes: 0, statements: 0 });
    });
  });
});
