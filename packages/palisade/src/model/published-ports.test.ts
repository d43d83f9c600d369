import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Port } from '../contracts/stack.ts';
import { isEveryInterface, onLoopback } from './published-ports.ts';

const port = (raw: string, rest: Partial<Port> = {}): Port => ({
  at: { file: 'compose.yaml', line: 1, column: 1 },
  target: 3306,
  targetEnd: 3306,
  published: 13306,
  publishedEnd: 13306,
  hostAddress: '',
  protocol: 'tcp',
  syntax: 'short',
  raw,
  interpolations: [],
  ...rest,
});

const variable = { variable: 'X', operator: ':-', source: 'default' } as const;

suite('an address that stands for every interface', () => {
  for (const address of ['', '0.0.0.0', '0', '::', '0:0:0:0:0:0:0:0'])
    test(`is ${JSON.stringify(address)}`, () => assert.equal(isEveryInterface(address), true));
  for (const address of ['127.0.0.1', '::1', '10.0.0.5', '192.168.0.1', 'fe80::1'])
    test(`is not ${address}`, () => assert.equal(isEveryInterface(address), false));
});

suite('a port entry on loopback', () => {
  for (const [entry, expected] of [
    [port('13306:3306'), '127.0.0.1:13306:3306'],
    [port('13306:3306/udp', { protocol: 'udp' }), '127.0.0.1:13306:3306/udp'],
    [port('0.0.0.0:13306:3306', { hostAddress: '0.0.0.0' }), '127.0.0.1:13306:3306'],
    [port('[::]:13306:3306', { hostAddress: '::' }), '127.0.0.1:13306:3306'],
    [port(':::13306:3306', { hostAddress: '::' }), '127.0.0.1:13306:3306'],
    [port('${PORT:-13306}:3306', { interpolations: [variable] }), '127.0.0.1:${PORT:-13306}:3306'],
    [port('${BIND:-}:13306:3306', { interpolations: [variable] }), '${BIND:-127.0.0.1}:13306:3306'],
    [port('${BIND}:13306:3306', { interpolations: [variable] }), '${BIND:-127.0.0.1}:13306:3306'],
    [
      port('${BIND:-0.0.0.0}:13306:3306', { interpolations: [variable], hostAddress: '0.0.0.0' }),
      '127.0.0.1:13306:3306',
    ],
    [port('${X:-0.0.0.0:13306}:3306', { interpolations: [variable], hostAddress: '0.0.0.0' }), '127.0.0.1:13306:3306'],
    [port('${X}', { interpolations: [variable] }), '127.0.0.1:13306:3306'],
    [port('8000-8010:8000-8010', { published: 8000, publishedEnd: 8010 }), '127.0.0.1:8000-8010:8000-8010'],
  ] as const)
    test(`of ${entry.raw} is ${expected}`, () => assert.equal(onLoopback(entry), expected));

  test('without a published port leaves that to the engine', () => {
    const { published: _, publishedEnd: __, ...open } = port('3306');
    assert.equal(onLoopback(open), '127.0.0.1::3306');
  });
});
