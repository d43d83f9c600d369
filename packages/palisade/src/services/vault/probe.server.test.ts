import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Secret, type VaultClient, createVaultClient } from '@palisade/vault';
import { z } from 'zod';

import type { AnyControl, Observation } from '../../contracts/control.ts';
import type { Stack } from '../../contracts/stack.ts';
import { PalisadeError } from '../../support/errors.ts';
import { retry } from '../../support/retry.ts';
import {
  type HostProcess,
  freePort,
  hardenProject,
  makeCertificate,
  makeProject,
  openBao,
  startProject,
  stopProject,
} from '../../testing/host-process.ts';
import { control as auditDevices } from './controls/audit-devices.ts';
import { control as auditHashed } from './controls/audit-hashed.ts';
import { control as diagnostics } from './controls/diagnostics-authenticated.ts';
import { control as exactPolicies } from './controls/exact-policies.ts';
import { control as productionServer } from './controls/production-server.ts';
import { control as secretIdBounded } from './controls/secret-id-bounded.ts';
import { control as tlsRequired } from './controls/tls-required.ts';
import { control as tlsVersion } from './controls/tls-version.ts';
import { control as tokenNotRoot } from './controls/token-not-root.ts';
import { control as unsealThreshold } from './controls/unseal-threshold.ts';
import type { VaultEvidence } from './evidence.ts';
import { kind } from './index.ts';
import { collect } from './probe/collect.ts';
import { assertProven } from '../../../test/proofs.ts';

const controls: readonly AnyControl[] = [
  productionServer,
  tlsRequired,
  tlsVersion,
  auditDevices,
  auditHashed,
  tokenNotRoot,
  unsealThreshold,
  diagnostics,
  exactPolicies,
  secretIdBounded,
];

const rootToken = 'canary-root-of-the-stack';

const development = `services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: ${rootToken}
      VAULT_LOG_LEVEL: debug
    cap_add:
      - IPC_LOCK
  app:
    image: example/app:1
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: ${rootToken}
`;

const weak = `services:
  vault:
    image: openbao/openbao:2.4.1
    command: ["server"]
    volumes:
      - ./vault.hcl:/openbao/config/vault.hcl:ro
      - ./certs/vault/server:/certs:ro
`;

const weakConfiguration = `disable_clustering = true
storage "inmem" {}
listener "tcp" {
  address = "0.0.0.0:8200"
  tls_cert_file = "/certs/cert.pem"
  tls_key_file = "/certs/key.pem"
  tls_min_version = "tls10"
  profiling {
    unauthenticated_pprof_access = true
  }
}
audit "file" "raw" {
  options {
    file_path = "/openbao/logs/audit.log"
    log_raw = "true"
  }
}
`;

/** The API's port of a server. */
const portOf = ({ ports }: HostProcess): number => ports.get(8200) ?? assert.fail('the server has no API');

const start = (directory: string): Promise<HostProcess> =>
  startProject(directory, kind, (name) => (name === 'bao' ? openBao() : undefined));

/** Asks the server through the probe. */
const ask = (
  server: HostProcess,
  options: { readonly authorities?: string; readonly token?: string; readonly former?: readonly string[] } = {},
): Promise<VaultEvidence> => {
  const { stack, service } = server;
  const { token } = options;
  return collect(
    {
      stack,
      service,
      endpoint: (port) => (port === 8200 ? { host: '127.0.0.1', port: portOf(server) } : undefined),
      ...(options.authorities === undefined ? {} : { authorities: options.authorities }),
      ...(token === undefined ? {} : { vaultToken: () => Promise.resolve(token) }),
      formerCredentials: { tokens: (options.former ?? []).map((each) => new Secret(each)), logins: [] },
    },
    AbortSignal.timeout(60_000),
  );
};

/** The type that evidence of every name has at once. */
const anyEvidence = z.custom<never>((value) => value !== undefined);

/** The live answer of each control, by its code. */
const answers = (stack: Stack, evidence: VaultEvidence): { readonly [code: string]: Observation['outcome'] } =>
  Object.fromEntries(observe(stack, evidence).map(([code, { outcome }]) => [code, outcome]));

/** What each control observes live, by its code. */
const observe = (stack: Stack, evidence: VaultEvidence): readonly (readonly [string, Observation])[] =>
  controls.map((control) => {
    const [only, ...others] = [
      ...(control.live?.assess(stack, {
        of: () => new Map([['vault', { known: true, value: anyEvidence.parse(evidence) }]]),
      }) ?? []),
    ];
    assert.ok(only !== undefined && others.length === 0, control.id);
    return [control.aliases[0] ?? control.id, only] as const;
  });

/** Controls that servers of other postures failed, for the record of what is proven. */
const failed = new Set<string>();
const noteFailures = (found: ReturnType<typeof answers>): void => {
  for (const { id, aliases } of controls) if (found[aliases[0] ?? id] === 'fail') failed.add(id);
};

/** One rule of a policy. */
const rule = (path: string, ...capabilities: readonly string[]): string =>
  `path "${path}" {\n  capabilities = ${JSON.stringify(capabilities)}\n}\n`;

/** Initialises and unseals; resolves to a client with the root token. */
const initialise = async (
  server: HostProcess,
  authorities: string,
  shares: number,
  threshold: number,
): Promise<{ readonly client: VaultClient; readonly root: Secret }> => {
  const client = createVaultClient({ address: `https://localhost:${portOf(server)}`, authorities });
  const { shares: keys, rootToken: root } = await client.sys.init({ shares, threshold });
  for (const key of keys.slice(0, threshold)) await client.sys.unseal(key);
  await retry(async () => assert.equal((await client.sys.health()).health, 'active'), { within: 20_000 });
  return { client: client.withToken(root), root };
};

describe('a development server', () => {
  let server: HostProcess;
  let evidence: VaultEvidence;
  before(async () => {
    server = await start(await makeProject({ 'compose.yaml': development }));
    const client = createVaultClient({
      address: `http://127.0.0.1:${portOf(server)}`,
      plaintext: true,
      token: new Secret(rootToken),
    });
    await client.sys.writePolicy('app-policy', 'path "secret/data/*" {\n  capabilities = ["read"]\n}\n');
    await client.sys.enableAuth('approle', 'approle');
    await client.send({
      method: 'POST',
      path: 'auth/approle/role/app',
      body: { token_policies: 'app-policy', secret_id_ttl: 0, secret_id_num_uses: 0 },
    });
    await client.close();
    evidence = await ask(server);
    noteFailures(answers(server.stack, evidence));
  });
  after(() => stopProject(server));

  it('fails every live control that its posture is about', () => {
    assert.deepEqual(answers(server.stack, evidence), {
      V01: 'fail',
      V02: 'fail',
      V03: 'not-applicable',
      V04: 'fail',
      V06: 'not-applicable',
      V08: 'fail',
      V10: 'fail',
      V13: 'fail',
      V14: 'fail',
      V15: 'fail',
    });
  });

  it('is offered the hardened posture for what the files can clear', () => {
    const remedied = observe(server.stack, evidence).flatMap(([code, observation]) =>
      observation.outcome === 'fail' && (observation.remedy ?? []).length > 0 ? [code] : [],
    );
    assert.deepEqual(remedied, ['V01', 'V02', 'V13']);
  });

  it('is asked without its token showing anywhere', () => {
    assert.ok(evidence.tokens.known);
    assert.deepEqual(evidence.tokens.value, [{ origin: 'vault VAULT_DEV_ROOT_TOKEN_ID', accepted: true, root: true }]);
    assert.ok(!JSON.stringify(evidence).includes(rootToken));
    assert.ok(!server.plan.run.args.join(' ').includes(rootToken));
  });

  it('leaves no token behind, and takes no second port', async () => {
    assert.ok(!existsSync(join(server.directory, '.state', '.vault-token')));
    assert.ok(!existsSync(join(server.directory, '.state', '.bao-token')));
    assert.match(server.output(), /clustering disabled/);
  });

  it('does not tell whether a token works to whom it is not there', async () => {
    const dead = await freePort();
    await assert.rejects(
      ask({ ...server, ports: new Map([[8200, dead]]) }),
      (error) => error instanceof PalisadeError && error.code === 'vault/no-answer' && error.exit === 3,
    );
  });
});

describe('a server with weak TLS and a raw audit device', () => {
  let server: HostProcess;
  let evidence: VaultEvidence;
  let root: Secret;
  before(async () => {
    const directory = await makeProject({ 'compose.yaml': weak, 'vault.hcl': weakConfiguration });
    await makeCertificate(join(directory, 'certs/vault/server'), 'vault');
    server = await start(directory);
    const authorities = await readFile(join(directory, 'certs/vault/server/cert.pem'), 'utf8');
    const initialised = await initialise(server, authorities, 1, 1);
    await initialised.client.close();
    root = initialised.root;
    evidence = await ask(server, { authorities, token: root.reveal() });
    noteFailures(answers(server.stack, evidence));
  });
  after(() => stopProject(server));

  it('fails the controls of both, and of what is open to everybody', () => {
    const found = answers(server.stack, evidence);
    assert.deepEqual(
      [found['V02'], found['V03'], found['V04'], found['V06'], found['V13']],
      ['pass', 'fail', 'fail', 'fail', 'fail'],
    );
    assert.equal(found['V08'], 'fail', 'the token of Palisade itself is a root token');
  });

  it('is not trusted with a token where no authority vouches for it', async () => {
    const facts = await ask(server, { token: root.reveal(), former: [root.reveal()] });
    assert.equal(facts.tokens.known, false);
    assert.equal(facts.ownPolicies.known, false);
    const found = answers(server.stack, facts);
    assert.deepEqual(
      [found['V04'], found['V08'], found['V14'], found['V15']],
      ['unknown', 'unknown', 'unknown', 'unknown'],
    );
  });

  it('is not trusted with a token where another authority vouches for it', async () => {
    const other = await mkdtemp(join(tmpdir(), 'palisade-vault-ca-'));
    await makeCertificate(other, 'vault');
    const authorities = await readFile(join(other, 'cert.pem'), 'utf8');
    await rm(other, { recursive: true });
    const facts = await ask(server, { token: root.reveal(), authorities });
    assert.ok(facts.certificate.known);
    assert.equal(facts.certificate.value.trusted, false);
    assert.equal(facts.auditDevices.known, false);
    assert.equal(facts.ownPolicies.known, false);
  });
});

describe('the hardened posture of the development server', () => {
  let server: HostProcess;
  let authorities: string;
  let token: string;
  let formerRoot: string;
  before(async () => {
    const directory = await makeProject({ 'compose.yaml': development });
    await hardenProject(directory, kind);
    await makeCertificate(join(directory, 'certs/vault/server'), 'vault');
    authorities = await readFile(join(directory, 'certs/vault/server/cert.pem'), 'utf8');
    server = await start(directory);
  });
  after(() => stopProject(server));

  it('is ready while it is sealed, and unknown in what a sealed server does not tell', async () => {
    const evidence = await ask(server, { authorities });
    assert.equal(answers(server.stack, evidence)['V10'], 'unknown');
    assert.equal(answers(server.stack, evidence)['V04'], 'unknown');
    assert.equal(answers(server.stack, evidence)['V02'], 'pass');
  });

  it('passes every live control once it is set up', async () => {
    const { client, root } = await initialise(server, authorities, 3, 2);
    formerRoot = root.reveal();
    await client.sys.writePolicy(
      'palisade-operator',
      [
        rule('sys/audit', 'read', 'sudo'),
        rule('sys/auth', 'read'),
        rule('sys/policies/acl', 'list'),
        rule('auth/token/lookup-self', 'read'),
        rule('auth/approle/role', 'list'),
        rule('auth/approle/role/app', 'read'),
        ...['default', 'palisade-operator', 'app-policy'].map((name) => rule(`sys/policies/acl/${name}`, 'read')),
      ].join('\n'),
    );
    await client.sys.writePolicy('app-policy', rule('secret/data/app', 'read'));
    await client.sys.enableAuth('approle', 'approle');
    await client.send({
      method: 'POST',
      path: 'auth/approle/role/app',
      body: { token_policies: 'app-policy', secret_id_ttl: 86_400, secret_id_bound_cidrs: '127.0.0.1/32' },
    });
    const made = await client.send({
      method: 'POST',
      path: 'auth/token/create-orphan',
      body: { policies: ['palisade-operator'], no_default_policy: true, ttl: '10m' },
    });
    token = made.body.fields('auth').text('client_token');
    await client.token.revokeSelf();
    await client.close();

    const evidence = await ask(server, { authorities, token, former: [rootToken, formerRoot] });
    assert.deepEqual(answers(server.stack, evidence), {
      V01: 'pass',
      V02: 'pass',
      V03: 'pass',
      V04: 'pass',
      V06: 'pass',
      V08: 'pass',
      V10: 'pass',
      V13: 'pass',
      V14: 'pass',
      V15: 'pass',
    });
    assertProven(import.meta.filename, { failed, passed: controls.map(({ id }) => id) });
    assert.ok(evidence.certificate.known);
    assert.equal(evidence.certificate.value.trusted, true);
    assert.ok(!JSON.stringify(evidence).includes(token));
  });

  it('writes both audit records, without the token in them', async () => {
    const record = await readFile(join(server.directory, '.state/volumes/vault-logs/audit.log'), 'utf8');
    assert.match(record, /"path":"sys\/policies\/acl/);
    assert.match(server.output(), /"path":"sys\/policies\/acl/);
    assert.ok(!record.includes(token) && !server.output().includes(token));
  });

  it('tells a token of before that still works from one that is dead', async () => {
    // The token of the operator stands for one that nobody has revoked.
    const evidence = await ask(server, { authorities, token, former: [token] });
    assert.ok(evidence.tokens.known);
    assert.deepEqual(evidence.tokens.value, [
      { origin: 'app VAULT_TOKEN', accepted: false, root: false },
      { origin: 'the earlier posture', accepted: true, root: false },
    ]);
  });

  it('asks nothing of whom it does not know: a token without rights makes unknowns', async () => {
    const evidence = await ask(server, { authorities, token: 'nobody' });
    const found = answers(server.stack, evidence);
    assert.deepEqual([found['V04'], found['V14'], found['V15']], ['unknown', 'unknown', 'unknown']);
  });

  it('serves a replaced certificate after its reload signal, without a restart', async () => {
    const serial = async (): Promise<string | undefined> => {
      const { certificate } = await ask(server);
      return certificate.known ? certificate.value.serial : undefined;
    };
    const first = await serial();
    await makeCertificate(join(server.directory, 'certs/vault/server'), 'vault');
    assert.equal(await serial(), first);
    assert.equal(server.plan.reloadSignal, 'SIGHUP');
    server.child.kill(server.plan.reloadSignal);
    await retry(async () => assert.notEqual(await serial(), first), { within: 10_000 });
    const { seal } = await ask(server);
    assert.ok(seal.known && !seal.value.sealed);
  });

  it('ends at once where the caller gives up', async () => {
    const { stack, service } = server;
    await assert.rejects(
      collect(
        { stack, service, endpoint: () => ({ host: '127.0.0.1', port: portOf(server) }) },
        AbortSignal.abort(new Error('given up')),
      ),
      /given up/,
    );
  });
});
