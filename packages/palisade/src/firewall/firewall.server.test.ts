import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kinds } from '../catalog.generated.ts';
import { loadStack } from '../model/index.ts';
import { renderFirewall } from './index.ts';

const project = `name: laboratory
services:
  gateway:
    image: nginx:1.30
    ports: ["443:8443"]
    networks: [front]
  api:
    image: example/api:1
    ports: ["127.0.0.1:8000:8000", "9000:9000"]
    networks: [front]
  other:
    image: example/other:1
    networks: [back]
  db:
    image: postgres:17
    networks: [store]
networks:
  back:
    driver_opts:
      com.docker.network.bridge.name: pal-back
  front:
    driver_opts:
      com.docker.network.bridge.name: pal-front
  store:
    internal: true
    driver_opts:
      com.docker.network.bridge.name: pal-store
`;

interface Probe {
  readonly name: string;
  readonly from: 'host' | 'web' | 'other' | 'db' | 'peer' | 'lan';
  readonly host: string;
  readonly port: number;
}

const of = (name: string, from: Probe['from'], port: number, ...hosts: readonly string[]): readonly Probe[] =>
  hosts.map((host) => ({ name: `${name} (${host})`, from, host, port }));

/** What nobody may reach once the rules are loaded. */
const forbidden = [
  ...of('a container reaches the host by its gateway', 'web', 2222, '172.30.1.1', 'fd00:1::1'),
  ...of('a container on an internal network reaches the host by its gateway', 'db', 2222, '172.30.2.1', 'fd00:2::1'),
  ...of('a container reaches the host by its public address', 'web', 2222, '192.0.2.1', '2001:db8::1'),
  ...of('a neighbour reaches a container by its own address', 'lan', 8000, '172.30.1.10', 'fd00:1::10'),
  ...of('a neighbour reaches a database by its own address', 'lan', 5432, '172.30.2.10', 'fd00:2::10'),
  ...of('a neighbour reaches a port that is published without need', 'lan', 9000, '192.0.2.1', '2001:db8::1'),
  ...of('a neighbour reaches a port that is published on loopback', 'lan', 8000, '127.0.0.1'),
  ...of('a neighbour reaches what the host serves on loopback', 'lan', 2222, '127.0.0.1'),
  ...of('a container reaches another network', 'web', 8000, '172.30.3.10', 'fd00:3::10'),
  ...of('a database reaches another network', 'db', 8000, '172.30.1.10', 'fd00:1::10'),
  ...of('a container reaches the database of another network', 'web', 5432, '172.30.2.10', 'fd00:2::10'),
  ...of('a database reaches a published port by the address of the host', 'db', 443, '192.0.2.1', '2001:db8::1'),
  ...of('a container reaches a published port of another network', 'other', 443, '192.0.2.1', '2001:db8::1'),
  ...of('a database reaches the world', 'db', 80, '192.0.2.9', '2001:db8::9'),
  ...of('a container reaches the metadata of the cloud', 'web', 80, '169.254.169.254'),
];

/** What has to go on working. */
const needed = [
  ...of('the world reaches the gateway', 'lan', 443, '192.0.2.1', '2001:db8::1'),
  ...of('a container reaches the world', 'web', 80, '192.0.2.9', '2001:db8::9'),
  ...of('containers of one network reach each other', 'peer', 5432, '172.30.2.10', 'fd00:2::10'),
  ...of('the host reaches a container', 'host', 8000, '172.30.1.10', 'fd00:1::10'),
  ...of('the host reaches a container on an internal network', 'host', 5432, '172.30.2.10', 'fd00:2::10'),
  ...of('the world reaches what the host itself serves', 'lan', 2222, '192.0.2.1', '2001:db8::1'),
];

type Reached = Readonly<Record<string, boolean>>;

interface Outcome {
  readonly before: Reached;
  readonly nft: Reached;
  readonly iptables: Reached;
  readonly removed: Reached;
  readonly sameTwice: { readonly nft: boolean; readonly iptables: boolean };
  readonly untouched: boolean;
  readonly leftRules: readonly string[];
}

const isOutcome = (value: unknown): value is Outcome => typeof value === 'object' && value !== null && 'nft' in value;

/** Why rules cannot be tried here; undefined where they can. */
const whyNot = (): string | undefined => {
  for (const [program, ...args] of [
    ['nft', '--version'],
    ['iptables', '--version'],
    ['ip', '-V'],
  ] as const)
    if (spawnSync(program, args, { timeout: 5_000 }).status !== 0) return `${program} is not installed`;
  const { status, stderr } = spawnSync(
    'unshare',
    ['-rnm', 'sh', '-c', 'nft list ruleset && ip link add name b0 type bridge'],
    {
      encoding: 'utf8',
      timeout: 5_000,
    },
  );
  return status === 0 ? undefined : `no namespace with a firewall of its own can be made: ${stderr.trim()}`;
};

const names = (reached: Reached, wanted: boolean): readonly string[] =>
  Object.entries(reached)
    .filter(([, answered]) => answered === wanted)
    .map(([name]) => name)
    .toSorted();

const namesOf = (probes: readonly Probe[]): readonly string[] => probes.map(({ name }) => name).toSorted();

test('rules that are loaded for real block what they must and nothing else', async (context) => {
  const reason = whyNot();
  if (reason !== undefined) {
    context.skip(`not run: ${reason}`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'palisade-firewall-'));
  try {
    writeFileSync(join(directory, 'compose.yaml'), project);
    const stack = await loadStack({ directory, kinds, environment: {} });
    const [nftFile, scriptFile] = [join(directory, 'nftables.nft'), join(directory, 'docker-user.sh')];
    writeFileSync(nftFile, renderFirewall(stack, 'nft'));
    writeFileSync(scriptFile, renderFirewall(stack, 'docker-user'));
    const laboratory = join(import.meta.dirname, 'testing', 'laboratory.ts');
    const outcome: unknown = JSON.parse(
      execFileSync(
        'unshare',
        ['-rnm', process.execPath, laboratory, JSON.stringify([...forbidden, ...needed]), nftFile, scriptFile],
        { encoding: 'utf8', timeout: 60_000 },
      ),
    );
    assert.ok(isOutcome(outcome));
    await context.test('without them every probe gets through, so that a probe can fail', () => {
      assert.deepEqual(names(outcome.before, false), []);
    });
    for (const kind of ['nft', 'iptables'] as const) {
      await context.test(`${kind}: exactly what is needed gets through`, () => {
        assert.deepEqual(names(outcome[kind], true), namesOf(needed));
        assert.deepEqual(names(outcome[kind], false), namesOf(forbidden));
      });
      await context.test(`${kind}: loading them a second time changes nothing`, () => {
        assert.equal(outcome.sameTwice[kind], true);
      });
    }
    await context.test("the engine's own table stays as it is", () => assert.equal(outcome.untouched, true));
    await context.test('the script takes all of its rules away again', () => {
      assert.deepEqual(outcome.leftRules, []);
      assert.deepEqual(names(outcome.removed, false), []);
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
