import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';

import type { Service, Stack } from '../../contracts/stack.ts';
import { loadStack } from '../../model/index.ts';
import { makeProject } from '../../testing/host-process.ts';
import { startOf } from './arguments.ts';
import { readConfiguration } from './configuration.ts';
import { harden } from './harden.ts';
import { hardenedConfiguration } from './hardened-configuration.ts';
import { parseHcl } from './hcl/parse-hcl.ts';
import { kind } from './index.ts';

const load = async (files: {
  readonly [path: string]: string;
}): Promise<{ readonly stack: Stack; readonly service: Service }> => {
  const directory = await makeProject(files);
  try {
    const stack = await loadStack({ directory, kinds: [kind], environment: {} });
    return { stack, service: stack.services.get('vault') ?? assert.fail('no vault') };
  } finally {
    await rm(directory, { recursive: true });
  }
};

const service = (lines: string): string => `services:\n  vault:\n    image: hashicorp/vault:1.20\n${lines}`;

describe('how a service starts the server', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['no command at all', '', 'development'],
    ['server -dev', '    command: server -dev\n', 'development'],
    ['--dev=true', '    command: ["server", "--dev=true"]\n', 'development'],
    ['-dev-tls', '    command: ["server", "-dev-tls"]\n', 'development'],
    ['-dev=false', '    command: ["server", "-dev=false"]\n', 'production /vault/config'],
    ['server', '    command: server\n', 'production /vault/config'],
    ['server and a file', '    command: ["server", "-config", "/a.hcl"]\n', 'production /vault/config /a.hcl'],
    ['the program itself', '    command: ["vault", "server", "-config=/a.hcl"]\n', 'production /a.hcl'],
    ['a shell', '    entrypoint: sh -c "docker-entrypoint.sh server & wait"\n', 'production /vault/config'],
    ['a script that nobody can see', '    entrypoint: ["/start.sh"]\n', 'unclear'],
  ];
  for (const [what, lines, expected] of table)
    it(`is ${expected} for ${what}`, async () => {
      const { stack, service: vault } = await load({ 'compose.yaml': service(lines) });
      const start = startOf(stack, vault);
      assert.equal([start.mode, ...(start.mode === 'production' ? start.configurations : [])].join(' '), expected);
    });

  it('is read from a script of the project', async () => {
    const { stack, service: vault } = await load({
      'compose.yaml': service('    entrypoint: ["/start.sh"]\n    volumes: ["./start.sh:/start.sh:ro"]\n'),
      'start.sh': '#!/bin/sh\n# not server -config=/x\nexec vault server -dev\n',
    });
    assert.equal(startOf(stack, vault).mode, 'development');
  });
});

describe('reading the configuration of a service', () => {
  it('joins the files of a directory in their order, and not what lies deeper', async () => {
    const { stack, service: vault } = await load({
      'compose.yaml': service('    command: server\n    volumes: ["./config:/vault/config"]\n'),
      'config/b.hcl': 'ui = true',
      'config/a.json': '{"ui": false}',
      'config/deeper/c.hcl': 'ui = true',
      'config/readme.txt': 'not hcl',
    });
    const reading = readConfiguration(stack, vault);
    assert.ok(reading.state === 'configured');
    assert.deepEqual(
      reading.documents.map(({ source }) => source?.file.path),
      ['config/a.json', 'config/b.hcl'],
    );
  });

  it('is unknown, with the place, where a file does not parse', async () => {
    const { stack, service: vault } = await load({
      'compose.yaml': service('    command: server\n    volumes: ["./v.hcl:/vault/config/v.hcl"]\n'),
      'v.hcl': 'ui = true\nlistener "tcp" {\n  address = local.x\n}\n',
    });
    const reading = readConfiguration(stack, vault);
    assert.ok(reading.state === 'unknown');
    assert.deepEqual(reading.at, { file: 'v.hcl', line: 3, column: 13 });
    assert.deepEqual(harden(stack, vault), []);
  });
});

const documents = (text: string) => [{ body: parseHcl(text), locate: () => ({ file: 'v.hcl', line: 1, column: 1 }) }];

const hardened = (text: string) =>
  hardenedConfiguration({ service: 'vault', product: 'openbao', documents: documents(text) });

const fresh = (product: 'vault' | 'openbao') =>
  hardenedConfiguration({ service: 'vault', product, documents: [] })?.text ?? '';

describe('the hardened configuration', () => {
  it('keeps the storage that is there, and every setting that it does not decide', () => {
    const result = hardened(
      'storage "file" { path = "/data" }\nmax_lease_ttl = "1h"\nui = true\nraw_storage_endpoint = true',
    );
    assert.ok(result);
    assert.equal(result.newStorage, false);
    assert.match(result.text, /storage "file" \{\n  path = "\/data"/);
    assert.match(result.text, /max_lease_ttl = "1h"/);
    assert.match(result.text, /^ui = false$/m);
    assert.doesNotMatch(result.text, /raft|raw_storage_endpoint|ui = true/);
  });

  it('does not keep storage in memory', () => {
    const result = hardened('storage "inmem" {}');
    assert.ok(result);
    assert.match(result.text, /storage "raft"/);
    assert.doesNotMatch(result.text, /inmem/);
  });

  it('keeps a certificate of the user that is in use, and none of a listener without TLS', () => {
    const own = 'tls_cert_file = "/own/c.pem"\ntls_key_file = "/own/k.pem"';
    assert.match(hardened(`listener "tcp" { ${own} }`)?.text ?? '', /tls_cert_file = "\/own\/c\.pem"/);
    assert.match(
      hardened(`listener "tcp" { ${own}\n tls_disable = true }`)?.text ?? '',
      /tls_cert_file = "\/certs\/cert\.pem"/,
    );
  });

  for (const text of [
    'seal "transit" { token = "s.canary" }',
    'storage "postgresql" { connection_url = "postgres://u:canary@db/v" }',
    'storage "raft" { retry_join { auto_join_secret_key = "canary" } }',
  ])
    it(`is not made where a setting to keep holds a secret: ${text.slice(0, 30)}…`, () => {
      assert.equal(hardened(text), undefined);
    });

  it('comes out the same when it is made again from itself', () => {
    const first = hardened('max_lease_ttl = "1h"');
    assert.ok(first);
    assert.equal(hardened(first.text)?.text, first.text);
    assert.equal(hardened(first.text)?.issuedCertificate, true);
  });

  it('locks no memory in either server, and says so only to the one that knows the setting', () => {
    assert.match(fresh('vault'), /^disable_mlock = true$/m);
    assert.doesNotMatch(fresh('openbao'), /disable_mlock/);
  });
});
