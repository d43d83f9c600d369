import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kinds } from '../catalog.generated.ts';
import type { Stack } from '../contracts/stack.ts';
import { loadStack } from '../model/index.ts';
import { PalisadeError } from '../support/errors.ts';
import { renderFirewall } from './index.ts';
import { firewallPolicyOf } from './policy.ts';

const stackOf = async (compose: string): Promise<Stack> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-firewall-'));
  try {
    writeFileSync(join(directory, 'compose.yaml'), compose);
    return await loadStack({ directory, kinds, environment: {} });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const withPorts = (image: string, ports: string): Promise<Stack> =>
  stackOf(`name: shop
services:
  one:
    image: ${image}
    ports: ${ports}
    networks: [front]
networks:
  front:
    driver_opts: { com.docker.network.bridge.name: shop-front }
`);

const judged = (stack: Stack): string => {
  const { waysIn, shut, left } = firewallPolicyOf(stack);
  const text = (open: boolean) => (each: (typeof waysIn)[number]) =>
    `${open ? 'open' : 'shut'} ${each.address ?? '*'} ${each.first}-${each.last}/${each.protocol}`;
  return [...waysIn.map(text(true)), ...shut.map(text(false)), ...left.map((why) => `left ${why}`)].join('; ');
};

for (const [what, image, ports, expected] of [
  [
    'the gateway on 80 and 443 is the way in',
    'nginx:1.30',
    '["443:8443", "80:8080"]',
    'open * 443-443/tcp; open * 80-80/tcp',
  ],
  ['a database on every address is not', 'postgres:17', '["5432:5432"]', 'shut * 5432-5432/tcp'],
  ['a gateway on another port is not', 'nginx:1.30', '["8443:8443"]', 'shut * 8443-8443/tcp'],
  ['an address that is written down is', 'example/app:1', '["10.0.0.5:53:53/udp"]', 'open 10.0.0.5 53-53/udp'],
  ['so is one of IPv6', 'example/app:1', '["[2001:db8::5]:8000-8010:8000-8010"]', 'open 2001:db8::5 8000-8010/tcp'],
  [
    'loopback is for the host alone',
    'example/app:1',
    '["127.0.0.1:8000:8000", "[::1]:8001:8001"]',
    'shut * 8000-8000/tcp; shut * 8001-8001/tcp',
  ],
  ['every address of IPv6 is every address', 'example/app:1', '["[::]:8000:8000"]', 'shut * 8000-8000/tcp'],
  [
    'a port that is a way in elsewhere is not shut',
    'nginx:1.30',
    '["443:8443", "127.0.0.1:443:8443"]',
    'open * 443-443/tcp',
  ],
  [
    'an address that cannot be read is no way in',
    'example/app:1',
    '["db.example:8000:8000"]',
    'left port 8000 of one: the address that it is published on cannot be read',
  ],
  [
    'a port that the engine chooses is said to be closed',
    'example/app:1',
    '["8000"]',
    'left port 8000 of one: the engine chooses the port of the host, so it is reached from this host alone',
  ],
] as const)
  test(`ways in: ${what}`, async () => {
    assert.equal(judged(await withPorts(image, ports)), expected);
  });

const codeOf = async (compose: string): Promise<string> => {
  const stack = await stackOf(compose);
  try {
    renderFirewall(stack, 'nft');
    return 'rendered';
  } catch (thrown) {
    return thrown instanceof PalisadeError ? thrown.code : String(thrown);
  }
};

for (const [what, networks, code] of [
  ['has a bridge without a fixed name', '{}', 'firewall/bridge-unnamed'],
  [
    'has a name that is none for an interface',
    '{ driver_opts: { com.docker.network.bridge.name: "x; flush ruleset" } }',
    'firewall/bridge-name-invalid',
  ],
  [
    'has a name that is too long for one',
    '{ driver_opts: { com.docker.network.bridge.name: sixteen-letters-x } }',
    'firewall/bridge-name-invalid',
  ],
  ['has networks of other projects only', '{ external: true }', 'firewall/no-bridge'],
] as const)
  test(`there are no rules for a project that ${what}`, async () => {
    assert.equal(
      await codeOf(`services: { app: { image: "a:1", networks: [n] } }\nnetworks: { n: ${networks} }\n`),
      code,
    );
  });

test('what the rules are not about is named in them', async () => {
  const stack = await stackOf(`name: shop
services:
  app: { image: "a:1", networks: [front, theirs, wide] }
  agent: { image: "a:1", network_mode: host }
networks:
  front: { driver_opts: { com.docker.network.bridge.name: shop-front } }
  theirs: { external: true }
  wide: { driver: overlay }
`);
  for (const format of ['nft', 'docker-user'] as const) {
    const text = renderFirewall(stack, format);
    assert.match(text, /^# {3}network theirs: another project makes it$/m);
    assert.match(text, /^# {3}network wide: its driver is overlay$/m);
    assert.match(text, /^# {3}service agent: it shares the network of the host$/m);
  }
});

test('a name in the project cannot end the comment that shows it', async () => {
  const stack = await stackOf(`name: shop
services:
  "app\\nflush ruleset\\n": { image: "a:1", ports: ["127.0.0.1:1:1"], networks: ["front\\nRULES\\nreboot"] }
networks:
  "front\\nRULES\\nreboot": { driver_opts: { com.docker.network.bridge.name: shop-front } }
`);
  for (const format of ['nft', 'docker-user'] as const) {
    const text = renderFirewall(stack, format);
    assert.match(text, /front\?RULES\?reboot/);
    assert.match(text, /app\?flush ruleset/);
    assert.doesNotMatch(text, /^(?:flush|reboot)/m);
    assert.equal(text.match(/^RULES$/gm)?.length ?? 0, format === 'nft' ? 0 : 2);
  }
});

test('rules change with the project, and only with it', async () => {
  const [one, other] = [
    await withPorts('nginx:1.30', '["443:8443"]'),
    await withPorts('nginx:1.30', '["443:8443", "80:8080"]'),
  ];
  for (const format of ['nft', 'docker-user'] as const) {
    assert.equal(renderFirewall(one, format), renderFirewall(await withPorts('nginx:1.30', '["443:8443"]'), format));
    assert.notEqual(renderFirewall(one, format), renderFirewall(other, format));
  }
});
