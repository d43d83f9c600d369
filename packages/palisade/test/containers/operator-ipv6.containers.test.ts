import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, it } from 'node:test';
import type { ReachCell } from '../../src/contracts/evidence.ts';
import { loadStack } from '../../src/model/index.ts';
import { departuresOf } from '../../src/report/reachability.ts';
import { type ComposeRuntime, createComposeRuntime } from '../../src/runtime/compose/index.ts';
import { discardProject } from '../../src/runtime/compose/volumes.ts';
import { describeWithEngine } from './engine/describe.ts';

const project = `palisade-ipv6-${process.pid}`;
/** A block of our own (RFC 4193), another one for each run. */
const block = `fd5a:1151:${(process.pid & 0xffff).toString(16)}`;

/** `store` answers over IPv6 alone. */
const composeFile = `name: ${project}
services:
  store:
    image: palisade-stand-in/listener
    sysctls: [net.ipv6.bindv6only=1]
    networks: [both]
  app:
    image: palisade-stand-in/listener
    networks: [both, front]
  apart:
    image: palisade-stand-in/listener
    networks: [front]
networks:
  both:
    internal: true
    enable_ipv6: true
    ipam: {config: [{subnet: "${block}:1::/64"}]}
  front:
    enable_ipv6: true
    ipam: {config: [{subnet: "${block}:2::/64"}]}
`;

const signal = (): AbortSignal => AbortSignal.timeout(120_000);

const outcomes = (cell: ReachCell | undefined, over: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (cell?.tries ?? [])
      .filter((each) => each.over === over)
      .map(({ address, outcome }) => [address.includes(':') ? 'IPv6' : 'IPv4', outcome]),
  );

await describeWithEngine('networks with IPv6', ['listener'], (engine) => {
  let directory: string;
  let runtime: ComposeRuntime;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'palisade-ipv6-'));
    writeFileSync(join(directory, 'compose.yaml'), composeFile);
    runtime = createComposeRuntime({
      stack: await loadStack({ directory, kinds: [], environment: {} }),
      kinds: [],
      stateDirectory: join(directory, '.palisade', 'compose'),
      programDirectories: (process.env['PATH'] ?? '').split(delimiter),
      environment: engine.environment,
    });
    await runtime.up({ signal: signal(), progress: () => undefined });
  });
  after(async () => {
    await discardProject(runtime.host, signal());
    rmSync(directory, { recursive: true, force: true });
  });

  const cellsFrom = async (from: string): Promise<ReadonlyMap<string, ReachCell>> => {
    const probe = runtime.probes?.().find(({ evidence }) => evidence === 'reachability');
    const service = runtime.stack.services.get(from);
    assert.ok(probe && service);
    const found = await probe.collect({ stack: runtime.stack, service, endpoint: () => undefined }, signal());
    assert.ok('cells' in found);
    return new Map(found.cells.map((cell) => [cell.to, cell]));
  };

  it('tries both sorts of addresses, and finds what answers over IPv6 alone', async () => {
    const cells = await cellsFrom('app');
    assert.deepEqual(outcomes(cells.get('store'), 'both'), { IPv4: 'refused', IPv6: 'open' });
    assert.deepEqual(outcomes(cells.get('apart'), 'front'), { IPv4: 'open', IPv6: 'open' });
  });

  it('finds the way over IPv6 into another network that an engine leaves open whose firewall knows IPv4 alone', async () => {
    const cell = (await cellsFrom('apart')).get('store');
    const { IPv4, IPv6 } = outcomes(cell, 'both');
    assert.notEqual(IPv4, 'open');
    // Engines before 27 make no rules for IPv6 unless they are told to (ip6tables); then the packets pass between networks.
    const [major = 0] = (await engine.ask(['version', '--format', '{{.Server.Version}}'])).split('.').map(Number);
    if (major < 27) assert.equal(IPv6, 'open');
    assert.equal(cell?.verdict, IPv6 === 'open' || IPv6 === 'refused' ? 'undeclared' : 'apart');
  });

  it('says by which of the two a service is reached', async () => {
    const rows = [{ from: 'app', cells: [...(await cellsFrom('app')).values()] }];
    const [line = ''] = departuresOf({ services: ['app', 'store', 'apart'], rows });
    assert.equal(line, 'app reaches without a call: store (both by IPv4 and IPv6), apart (front by IPv4 and IPv6)');
  });
});
