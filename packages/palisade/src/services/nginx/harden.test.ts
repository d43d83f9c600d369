import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, suite, test } from 'node:test';
import type { Stack } from '../../contracts/stack.ts';
import { applyComposeEdits, loadStack } from '../../model/index.ts';
import { harden, whyNotHardened } from './harden.ts';
import { kind } from './index.ts';

const plain = 'events {}\nhttp { server { listen 80; location / { root /srv; } } }\n';

const api = {
  ...kind,
  id: 'http-api',
  matches: ({ name }: { readonly name: string }): 0 | 2 => (name === 'api' ? 2 : 0),
};

const load = (directory: string): Promise<Stack> =>
  loadStack({ directory, environment: {}, kinds: [{ ...kind, matches: ({ name }) => (name === 'api' ? 0 : 2) }, api] });

/** One service that starts with a configuration beside it. */
const gateway = (name: string, ports: string, more = ''): string =>
  `  ${name}:\n    image: nginx:1.30\n${ports === '' ? '' : `    ports: ${ports}\n`}${more}    volumes: ["./nginx.conf:/etc/nginx/nginx.conf:ro"]\n`;

const project = (context: TestContext, services: string, configuration = plain): string => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-nginx-ports-'));
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'compose.yaml'), `services:\n${services}`);
  writeFileSync(join(directory, 'nginx.conf'), configuration);
  return directory;
};

interface Hardened {
  /** Each mapping as `address:published:target`. */
  readonly ports: readonly string[];
  /** The entries as they are written. */
  readonly raw: readonly string[];
  readonly redirect: string | undefined;
  /** Ports of plain HTTP inside. */
  readonly listens: readonly string[];
}

/** Hardens one service in place, and shows that nothing is left to do for it. */
const hardenIn = async (directory: string, name = 'edge'): Promise<Hardened> => {
  const before = await load(directory);
  const service = before.services.get(name);
  assert.ok(service);
  const changes = harden(before, service);
  const edits = changes.filter((change) => change.kind === 'compose-edit');
  const file = join(directory, 'compose.yaml');
  writeFileSync(file, applyComposeEdits(readFileSync(file, 'utf8'), edits));
  const written = changes.flatMap((change) => (change.kind === 'file-write' ? [change.content] : [])).join('');
  const after = await load(directory);
  assert.deepEqual(
    after.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  const hardened = after.services.get(name);
  assert.ok(hardened);
  assert.deepEqual(harden(after, hardened), [], 'a second round has nothing to do');
  return {
    ports: hardened.ports.map(({ hostAddress, published, target }) => `${hostAddress}:${published ?? ''}:${target}`),
    raw: hardened.ports.map(({ raw }) => raw),
    redirect: /return 301 (\S+);/.exec(written)?.[1],
    listens: [...new Set([...written.matchAll(/listen (\d+)(?: default_server)?;/g)].map(([, port]) => port ?? ''))],
  };
};

const usual = 'https://$host$request_uri';
const at = (port: number): string => `https://$host:${port}$request_uri`;

suite('HTTPS is published where plain HTTP is', () => {
  for (const [what, ports, expected, redirect] of [
    ['open as the way in is', '["80:80"]', [':80:8080', ':443:8443'], usual],
    ['on loopback alone', '["127.0.0.1:80:80"]', ['127.0.0.1:80:8080', '127.0.0.1:443:8443'], usual],
    [
      'on loopback, beside a port of the user',
      '["127.0.0.1:8088:80"]',
      ['127.0.0.1:8088:80', '127.0.0.1:8451:8443'],
      at(8451),
    ],
    [
      'beside 8080 on its usual neighbour',
      '["127.0.0.1:8080:80"]',
      ['127.0.0.1:8080:80', '127.0.0.1:8443:8443'],
      at(8443),
    ],
    ['at another address', '["10.0.0.5:80:80"]', ['10.0.0.5:80:8080', '10.0.0.5:443:8443'], usual],
    ['at an address of IPv6', '["[::1]:8088:80"]', ['::1:8088:80', '::1:8451:8443'], at(8451)],
    [
      'at both of two addresses',
      '["10.0.0.5:80:80", "127.0.0.1:80:80"]',
      ['10.0.0.5:80:8080', '127.0.0.1:80:8080', '10.0.0.5:443:8443', '127.0.0.1:443:8443'],
      usual,
    ],
    [
      'once where a second mapping is within the first',
      '["80:80", "127.0.0.1:8088:80"]',
      [':80:8080', '127.0.0.1:8088:80', ':443:8443'],
      usual,
    ],
    ['on loopback where a port of the user is open', '["8088:80"]', [':8088:80', '127.0.0.1:8451:8443'], at(8451)],
    [
      'on loopback in the long syntax',
      '[{ target: 80, published: "8088", host_ip: 127.0.0.1 }]',
      ['127.0.0.1:8088:80', '127.0.0.1:8451:8443'],
      at(8451),
    ],
    [
      'at an address in the long syntax',
      '[{ target: 80, published: "80", host_ip: 10.0.0.5 }]',
      ['10.0.0.5:80:8080', '10.0.0.5:443:8443'],
      usual,
    ],
    ['nowhere where nothing is published', '', [], usual],
    ['on a port of the engine where plain HTTP is', '["127.0.0.1::80"]', ['127.0.0.1::80', '127.0.0.1::8443'], usual],
    [
      'on the mapping that is there',
      '["127.0.0.1:80:80", "127.0.0.1:9443:8443"]',
      ['127.0.0.1:80:8080', '127.0.0.1:9443:8443'],
      at(9443),
    ],
    [
      'on the mapping of 443 that led nowhere',
      '["127.0.0.1:80:80", "127.0.0.1:443:443"]',
      ['127.0.0.1:80:8080', '127.0.0.1:443:8443'],
      usual,
    ],
    ['on no number below 1024 but 443', '["127.0.0.1:81:80"]', ['127.0.0.1:81:80', '127.0.0.1:8443:8443'], at(8443)],
    ['on a port that exists', '["127.0.0.1:65500:80"]', ['127.0.0.1:65500:80', '127.0.0.1:8443:8443'], at(8443)],
  ] as const)
    test(what, async (context) => {
      const hardened = await hardenIn(project(context, gateway('edge', ports)));
      assert.deepEqual([hardened.ports, hardened.redirect], [expected, redirect]);
    });

  for (const [what, ports, expected] of [
    ['a variable of the port stays', '["${PORT:-80}:80"]', ['${PORT:-80}:8080', '443:8443']],
    [
      'a variable of the address stays, for HTTPS too',
      '["${BIND:-127.0.0.1}:80:80"]',
      ['${BIND:-127.0.0.1}:80:8080', '${BIND:-127.0.0.1}:443:8443'],
    ],
    [
      'a variable of another port stays, and its address',
      '["127.0.0.1:${PORT:-8088}:80"]',
      ['127.0.0.1:${PORT:-8088}:80', '127.0.0.1:8451:8443'],
    ],
    [
      'a variable of the port inside is written out',
      '["127.0.0.1:80:${INSIDE:-80}"]',
      ['127.0.0.1:80:8080', '127.0.0.1:443:8443'],
    ],
    [
      'a variable of address and port is written out',
      '["${PLACE:-127.0.0.1:80}:80"]',
      ['127.0.0.1:80:8080', '127.0.0.1:443:8443'],
    ],
    [
      'an empty variable of the address gets loopback as its default',
      '["${BIND:-}:8088:80"]',
      ['${BIND:-}:8088:80', '${BIND:-127.0.0.1}:8451:8443'],
    ],
  ] as const)
    test(what, async (context) => {
      assert.deepEqual((await hardenIn(project(context, gateway('edge', ports)))).raw, expected);
    });

  test('and plain HTTP is answered on each port that a mapping leads to', async (context) => {
    const { listens } = await hardenIn(project(context, gateway('edge', '["80:80", "127.0.0.1:8088:80"]')));
    assert.deepEqual(listens, ['8080', '80']);
  });
});

suite('no port of HTTPS is taken twice', () => {
  for (const [what, first, second, expected] of [
    ['two gateways on ports of their own', '["127.0.0.1:8081:80"]', '["127.0.0.1:8082:80"]', [8444, 8445]],
    ['two gateways on 80 of two addresses', '["10.0.0.5:80:80"]', '["10.0.0.6:80:80"]', [443, 443]],
    ['one whose neighbour has 443', '["127.0.0.1:443:9000"]', '["127.0.0.1:80:80"]', [8443, 8444]],
    ['one whose neighbour has a range', '["127.0.0.1:8440-8450:9000-9010"]', '["127.0.0.1:8080:80"]', [8803, 8451]],
  ] as const)
    for (const order of [
      ['edge', 'other'],
      ['other', 'edge'],
    ])
      test(`${what}, ${order[0] ?? ''} hardened first`, async (context) => {
        const directory = project(context, gateway('edge', first) + gateway('other', second));
        const found = new Map<string, readonly string[]>();
        for (const name of order) found.set(name, (await hardenIn(directory, name)).ports);
        const httpsOf = (name: string): number =>
          Number(
            found
              .get(name)
              ?.find((each) => each.endsWith(':8443'))
              ?.split(':')
              .at(-2),
          );
        assert.deepEqual([httpsOf('edge'), httpsOf('other')], expected);
      });

  test('by a gateway where the API behind it will have 8443', async (context) => {
    const directory = project(
      context,
      `${gateway('edge', '["127.0.0.1:8080:80"]')}  api:\n    image: example/api:1\n    ports: ["127.0.0.1:8000:8000"]\n`,
    );
    const { ports, redirect } = await hardenIn(directory);
    assert.deepEqual([ports, redirect], [['127.0.0.1:8080:80', '127.0.0.1:8444:8443'], at(8444)]);
  });
});

/** Two servers, the second one with what it listens on. */
const two = (second: string): string =>
  `events {}\nhttp { server { listen 80; root /srv; } server { ${second} server_name admin.example; root /admin; } }\n`;

suite('a gateway that hardening would open wider is left to a person', () => {
  for (const [what, configuration, more] of [
    ['a server on a port of its own', two('listen 8081;'), ''],
    ['a server on the loopback address of the container', two('listen 127.0.0.1:80;'), ''],
    ['the network of the host', plain, '    network_mode: host\n'],
  ] as const)
    test(what, async (context) => {
      const directory = project(context, gateway('edge', more === '' ? '["80:80"]' : '', more), configuration);
      const stack = await load(directory);
      const edge = stack.services.get('edge');
      assert.ok(edge);
      assert.match(whyNotHardened(stack, edge) ?? '', /apart from the others|network of the host/);
      assert.deepEqual(harden(stack, edge), []);
    });

  test('but not one whose second server is reached on the same port', async (context) => {
    const directory = project(context, gateway('edge', '["80:80"]'), two('listen 80; listen 8081;'));
    assert.deepEqual((await hardenIn(directory)).ports, [':80:8080', ':443:8443']);
  });
});
