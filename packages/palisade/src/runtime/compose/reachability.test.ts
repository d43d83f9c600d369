import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ReachTry } from '../../contracts/evidence.ts';
import type { Stack } from '../../contracts/stack.ts';
import { sketchStack } from '../process/testing.ts';
import { relationOf } from '../../controls/units.ts';
import { type Place, attemptsFrom, cellsOf, isReached } from './reachability.ts';

const at = { file: 'compose.yaml', line: 1, column: 1 };
const edge = (from: string, to: string) => ({ from, to, reasons: [{ text: 'depends_on', at }] });

const traits = (storesData: boolean) => ({ capabilities: [], writablePaths: [], storesData });

const stack: Stack = sketchStack(
  '/srv/project',
  {
    app: { kind: 'http-api' },
    db: { kind: 'postgres' },
    'redis-1': { kind: 'redis' },
    'redis-2': { kind: 'redis' },
    gateway: { kind: 'nginx' },
    worker: { kind: 'unknown' },
    'worker-2': { kind: 'unknown' },
  },
  {
    edges: [edge('app', 'db'), edge('gateway', 'app')],
    traits: new Map([
      ['postgres', traits(true)],
      ['redis', traits(true)],
      ['nginx', traits(false)],
      ['http-api', traits(false)],
    ]),
  },
);

const place = (service: string, rest: Partial<Place> = {}): Place => ({
  service,
  attachments: [],
  ports: [],
  published: [],
  ...rest,
});

suite('what is tried from inside a network', () => {
  test('is each address of the others on each port, over IPv4 and IPv6', () => {
    const other = place('db', {
      attachments: [
        { network: 'back', address: '10.0.0.2', address6: 'fd00::2', gateways: [] },
        { network: 'vault', address: '10.1.0.2', gateways: [] },
      ],
      ports: [5432, 9187],
    });
    assert.deepEqual(
      attemptsFrom(place('app'), [{ ...other, service: 'app' }, other]).map(
        ({ over, address, port }) => `${over} ${address} ${port}`,
      ),
      [
        'back 10.0.0.2 5432',
        'back 10.0.0.2 9187',
        'back fd00::2 5432',
        'back fd00::2 9187',
        'vault 10.1.0.2 5432',
        'vault 10.1.0.2 9187',
      ],
    );
  });

  test('is a port on which nobody listens where the other listens on none', () => {
    const other = place('worker', { attachments: [{ network: 'back', address: '10.0.0.3', gateways: [] }] });
    assert.deepEqual(attemptsFrom(place('app'), [other]), [
      { to: 'worker', over: 'back', address: '10.0.0.3', port: 9 },
    ]);
  });

  test('is each published port on the host, as the caller meets the host, once', () => {
    const from = place('app', {
      attachments: [
        { network: 'front', gateways: ['10.2.0.1'] },
        { network: 'back', gateways: ['10.0.0.1', 'fd00::1'] },
      ],
    });
    const other = place('db', {
      published: [
        { hostAddress: '0.0.0.0', hostPort: 15_432 },
        { hostAddress: '::', hostPort: 15_432 },
      ],
    });
    assert.deepEqual(
      attemptsFrom(from, [other]).map(({ over, address, port }) => `${over} ${address} ${port}`),
      ['host 10.2.0.1 15432', 'host 10.0.0.1 15432', 'host fd00::1 15432'],
    );
  });
});

suite('what the project declares between two services', () => {
  for (const [from, to, relation] of [
    ['app', 'db', 'calls'],
    ['db', 'app', 'answers'],
    ['gateway', 'db', 'nothing'],
    ['redis-1', 'redis-2', 'calls'],
    // Only what stores data makes clusters; two workers are two programs.
    ['worker', 'worker-2', 'nothing'],
    ['app', 'redis-1', 'nothing'],
  ] as const)
    test(`${from} to ${to}: ${relation}`, () => assert.equal(relationOf(stack, from, to), relation));
});

const tried = (over: string, outcome: ReachTry['outcome']): ReachTry => ({
  over,
  address: '10.0.0.2',
  port: 1,
  outcome,
});

suite('whether a service was reached', () => {
  for (const [name, tries, reached] of [
    ['an open port', [tried('back', 'open')], true],
    ['a refusal by its own kernel', [tried('back', 'refused')], true],
    ['a refusal by the host', [tried('host', 'refused')], false],
    ['a published port', [tried('host', 'open')], true],
    ['silence and no route', [tried('back', 'silent'), tried('vault', 'unreachable')], false],
    ['one open way among closed ones', [tried('back', 'silent'), tried('vault', 'open')], true],
    ['a try that did not tell', [tried('back', 'silent'), tried('vault', 'unknown')], undefined],
    ['nothing tried', [], undefined],
  ] as const)
    test(`${name}: ${reached}`, () => assert.equal(isReached(tries), reached));
});

suite('what a pair comes to', () => {
  for (const [from, to, tries, verdict] of [
    ['app', 'db', [tried('back', 'open')], 'declared'],
    ['app', 'db', [tried('back', 'silent')], 'broken'],
    ['db', 'app', [tried('back', 'open')], 'answering'],
    ['db', 'app', [tried('back', 'silent')], 'apart'],
    ['gateway', 'db', [tried('back', 'refused')], 'undeclared'],
    ['gateway', 'db', [tried('back', 'silent')], 'apart'],
    // A gateway is there for everybody who reaches the host; a database is not.
    ['db', 'gateway', [tried('host', 'open'), tried('front', 'silent')], 'public'],
    ['db', 'gateway', [tried('host', 'open'), tried('front', 'open')], 'undeclared'],
    ['gateway', 'db', [tried('host', 'open'), tried('back', 'silent')], 'undeclared'],
    ['db', 'worker', [tried('host', 'open')], 'undeclared'],
    ['gateway', 'db', [], 'unknown'],
  ] as const)
    test(`${from} to ${to}, ${tries.map(({ over, outcome }) => `${outcome} over ${over}`).join(', ') || 'nothing tried'}: ${verdict}`, () => {
      const [cell] = cellsOf(
        stack,
        from,
        [from, to],
        tries.map((each) => ({ ...each, to })),
      );
      assert.equal(cell?.verdict, verdict);
      assert.equal(cell?.tries.length, tries.length);
    });
});
