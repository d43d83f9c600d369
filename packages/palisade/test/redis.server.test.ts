import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Endpoint } from '../src/contracts/runtime.ts';
import type { Finding } from '../src/contracts/finding.ts';
import { runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { readState } from '../src/runtime/process/state.ts';
import { createAuthority, type Authority, type Identity } from '../src/services/postgres/testing/authority.ts';
import { converse, listens } from '../src/services/redis/wire.ts';
import { messageOf } from '../src/support/errors.ts';
import { run } from '../src/support/exec.ts';
import { sha256 } from '../src/support/files.ts';
import { retry } from '../src/support/retry.ts';
import { type ClusterAccess, accessTo, textOf } from './redis/access.ts';
import { consumer, context, mostClients, nodes, startCluster } from './redis/cluster.ts';
import type { PostureChange } from './posture-change.ts';
import { assertProven, seenIn } from './proofs.ts';

let cluster: PostureChange;
let own: Identity;
let access: ClusterAccess;

/** What the third node logs in to Vault with. */
const secretId = (): string => join(cluster.stack.directory, 'secrets', 'redis-3', 'secret-id');

/** A file of the first node's certificate. */
const placeOf = (file: string): string => join(cluster.stack.directory, 'certs', nodes[0], 'server', file);

const turnedAway = /alert|ECONNRESET|EPIPE|hung up|disconnected/i;

describe('a cluster of Redis from the development posture to the production one', { timeout: 120_000 }, () => {
  before(async () => {
    cluster = await startCluster();
    own = await cluster.identity(consumer, 'client');
    access = accessTo(cluster, own);
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

  it('covers all slots over TLS', () => access.clusterServes());

  it('is alive to its health check, which has no password', async () => {
    const [, shell = ''] = cluster.stack.services.get(nodes[0])?.healthcheck?.value.test ?? [];
    assert.match(shell, /^redis-cli -p 6379 --tls /);
    const place = (role: string): string => ` ${join(cluster.stack.directory, 'certs', nodes[0], role)}/`;
    const here = shell
      .replace('-p 6379', `-p ${access.endpointOf(nodes[0]).port}`)
      .replaceAll(' /certs/', place('server'))
      .replaceAll(' /client-certs/', place('client'));
    const alive = await run('/bin/sh', ['-c', here], { timeout: 10_000 });
    assert.equal(alive.exitCode, 0, alive.stderr);
  });

  it('lets a consumer write and read its keys on every node', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `session:${index}`);
    for (const key of keys) assert.equal(await access.inCluster('SET', key, `of ${key}`), 'OK');
    for (const key of keys) assert.equal(await access.inCluster('GET', key), `of ${key}`);
    for (const node of nodes) assert.notEqual(await access.administer(node, 'DBSIZE'), '0', node);
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
      await access.asConsumer(async (ask) => {
        for (const words of forbidden) {
          const reply = await ask(...words);
          assert.equal(reply.type, 'error', words.join(' '));
          assert.match(textOf(reply), /NOPERM|can't run this command|DEBUG command not allowed/i);
        }
      }, node);
  });

  it('lets a script of a consumer count by the clock of the server, as limits are counted', async () => {
    for (const node of nodes)
      await access.asConsumer(async (ask) => {
        const reply = await ask('EVAL', "return redis.call('TIME')[1]", '0');
        assert.match(textOf(reply), /^\d{10}$/);
      }, node);
  });

  it('lets another node replicate, and do nothing else', async () => {
    await access.as('redis-2', access.passwordOf('redis-2#replication'), async (ask) => {
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
    const tls = access.tlsOf();
    assert.match(await access.attempt(tls), /^answered NOAUTH/);
    await converse({ endpoint: access.endpointOf(nodes[0]), tls }, context.signal, async (ask) => {
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
      ['plaintext', () => access.attempt(undefined), turnedAway],
      ['plaintext on the bus', () => access.attempt(undefined, 16_379), turnedAway],
      ['TLS 1.1', () => access.attempt({ ...access.tlsOf(), ...outdated }), /alert protocol version/],
      ['no client certificate', () => access.attempt(access.anonymous()), /alert certificate required/],
      [
        'no client certificate on the bus',
        () => access.attempt(access.anonymous(), 16_379),
        /alert certificate required/,
      ],
      [
        'a certificate of another authority',
        async () => access.attempt(access.tlsOf(await stranger.issue({ commonName: consumer }))),
        /alert unknown ca/,
      ],
      [
        'the certificate of a server',
        async () => access.attempt(access.tlsOf(await cluster.identity('redis-2', 'server'))),
        /alert unsupported certificate/,
      ],
    ];
    // A reset may overtake the alert that says why.
    for (const [name, how, reason] of cases)
      it(name, () => retry(async () => assert.match(await how(), reason), { within: 3000 }));
  });

  it('refuses an expired certificate of an authority that it trusts', async () => {
    const further = await createAuthority('further authority');
    const fresh = access.tlsOf(await further.issue({ commonName: consumer }));
    const expired = access.tlsOf(await further.issue({ commonName: consumer, days: -1 }));
    assert.match(await access.attempt(fresh), turnedAway);
    const [, bundle = ''] = (await access.administer(nodes[0], 'CONFIG GET tls-ca-cert-file')).split('\n');
    const original = await readFile(bundle, 'utf8');
    try {
      await writeFile(bundle, `${original}${further.certificate}`);
      await access.administer(nodes[0], `CONFIG SET tls-ca-cert-file ${bundle}`);
      assert.match(await access.attempt(fresh), /^answered NOAUTH/);
      await retry(async () => assert.match(await access.attempt(expired), /alert certificate expired/), {
        within: 3000,
      });
    } finally {
      await writeFile(bundle, original);
      await access.administer(nodes[0], `CONFIG SET tls-ca-cert-file ${bundle}`);
    }
    assert.match(await access.attempt(fresh), turnedAway);
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
    const former = await access.shownAt(6379);
    assert.notEqual(former, expected);
    await access.asConsumer(async (ask) => {
      assert.equal(textOf(await ask('CLIENT', 'SETNAME', 'opened-before')), 'OK');
      try {
        await replace(fresh.cert, key, trusting);
        await assert.rejects(cluster.runtime.reload(nodes[0]), { code: 'redis/client-failed' });
        assert.equal(await access.shownAt(6379), former, 'a key of another certificate');

        await replace(fresh.cert, fresh.key, trusting);
        await cluster.runtime.reload(nodes[0]);
        assert.deepEqual([await access.shownAt(6379), await access.shownAt(16_379)], [expected, expected]);
        assert.equal(textOf(await ask('CLIENT', 'GETNAME')), 'opened-before', 'a connection outlives the change');
      } finally {
        await replace(cert, key, trusting);
        await cluster.runtime.reload(nodes[0]);
        await replace(cert, key, bundle);
        await cluster.runtime.reload(nodes[0]);
      }
      assert.equal(await access.shownAt(6379), former);
      assert.equal(textOf(await ask('CLIENT', 'GETNAME')), 'opened-before');
    });
    await access.clusterServes();
  });

  it('has nothing to change a second time, and takes back what was changed behind its back', async () => {
    assert.deepEqual(await cluster.again(), { changes: 0, statements: 0 });
    await access.administer(
      'redis-2',
      'ACL SETUSER intruder on nopass ~* +@all',
      `ACL SETUSER ${consumer} +config nopass`,
    );
    assert.deepEqual(await cluster.again(), { changes: 0, statements: 2 });
    assert.deepEqual(await cluster.again(), { changes: 0, statements: 0 });
    assert.doesNotMatch(await access.administer('redis-2', 'ACL LIST'), /intruder|nopass|\+config/);
  });

  it('turns away the client after the last that it holds, and takes the next one when they have left', async () => {
    const earlier = await access.rejected('redis-2');
    // The links of the nodes count as well.
    const fill = async (held: number): Promise<number> => {
      try {
        return await access.asConsumer(() => fill(held + 1), 'redis-2');
      } catch (thrown) {
        assert.match(messageOf(thrown), turnedAway);
        return held;
      }
    };
    const held = await fill(0);
    assert.ok(held >= mostClients - 10 && held <= mostClients, `${held} clients`);
    await retry(async () => assert.ok((await access.rejected('redis-2')) > earlier), { within: 5000 });
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
      endpoint = access.endpointOf('redis-3');
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
      await access.clusterServes();
      assert.equal(await access.inCluster('SET', 'after', 'all'), 'OK');
      for (let index = 0; index < 12; index++)
        assert.equal(await access.inCluster('GET', `session:${index}`), `of session:${index}`);
      assert.deepEqual(await cluster.again(), { changes: 0, statements: 0 });
    });
  });
});
