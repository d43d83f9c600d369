import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { typedScalar } from './document.ts';
import { parseImage } from './image.ts';
import { bytes, permissionBits } from './quantities.ts';
import { loadText, serviceOf, shownDiagnostics } from './testing.ts';
import { splitWords } from './words.ts';

describe('ports', () => {
  for (const entry of [
    '70000:1',
    '0',
    '1:0',
    '5-3',
    '1-3:1-2',
    '127.0.0.1:80',
    'x:80',
    '80/icmp',
    '80/tcp/udp',
    'a',
    '',
  ])
    test(`refuses ${JSON.stringify(entry)} with its line`, async () => {
      const stack = await loadText(`services:\n  a:\n    image: x\n    ports:\n      - "1:1"\n      - "${entry}"\n`);
      assert.equal(serviceOf(stack, 'a').ports.length, 1);
      assert.deepEqual(shownDiagnostics(stack.diagnostics), ['error model/port-invalid compose.yaml:6']);
    });

  const accepted: readonly (readonly [string, readonly [string, number | undefined, number, string]])[] = [
    ['80', ['', undefined, 80, 'tcp']],
    ['80/UDP', ['', undefined, 80, 'udp']],
    ['8080:80', ['', 8080, 80, 'tcp']],
    ['0:80', ['', undefined, 80, 'tcp']],
    ['8080-8090:80', ['', 8080, 80, 'tcp']],
    ['127.0.0.1:8080:80/sctp', ['127.0.0.1', 8080, 80, 'sctp']],
    ['[::]:8080:80', ['::', 8080, 80, 'tcp']],
    ['::1:8080:80', ['::1', 8080, 80, 'tcp']],
    ['localhost:8080:80', ['localhost', 8080, 80, 'tcp']],
  ];
  for (const [entry, expected] of accepted)
    test(`reads ${entry}`, async () => {
      const stack = await loadText(`services:\n  a:\n    image: x\n    ports: ["${entry}"]\n`);
      const [port] = serviceOf(stack, 'a').ports;
      assert.deepEqual([port?.hostAddress, port?.published, port?.target, port?.protocol], expected);
      assert.deepEqual(stack.diagnostics, []);
    });
});

/** Registry, repository, tag and digest. */
const parts = (text: string): readonly unknown[] => {
  const { registry, repository, tag, digest } = parseImage(text);
  return [registry, repository, tag, digest];
};

test('image references come apart', () => {
  assert.deepEqual(parts('postgres'), [undefined, 'postgres', undefined, undefined]);
  assert.deepEqual(parts('postgres:16.6@sha256:ab'), [undefined, 'postgres', '16.6', 'sha256:ab']);
  assert.deepEqual(parts('docker.io/library/redis:7'), ['docker.io', 'redis', '7', undefined]);
  assert.deepEqual(parts('localhost:5000/team/api'), ['localhost:5000', 'team/api', undefined, undefined]);
  assert.deepEqual(parts('ghcr.io/a/b/c:v1'), ['ghcr.io', 'a/b/c', 'v1', undefined]);
  assert.deepEqual(parts('hashicorp/vault:1.18'), [undefined, 'hashicorp/vault', '1.18', undefined]);
});

test('sizes and permission bits are read as the engine reads them', () => {
  assert.deepEqual(['512m', '2G', '1.5gb', '100', '64KiB', '1t', '12 mb', 'x', '-1'].map(bytes), [
    536870912,
    2147483648,
    1610612736,
    100,
    65536,
    1099511627776,
    12582912,
    undefined,
    undefined,
  ]);
  assert.deepEqual(['0440', '0o400', '288', '0x1', 'rw'].map(permissionBits), [
    0o440,
    0o400,
    0o440,
    undefined,
    undefined,
  ]);
});

test('plain scalars get the types that Compose gives them', () => {
  const types: readonly (readonly [string, unknown])[] = [
    ['', null],
    ['~', null],
    ['Null', null],
    ['True', true],
    ['yes', 'yes'],
    ['off', 'off'],
    ['0440', 0o440],
    ['0o17', 15],
    ['0x1F', 31],
    ['0b11', 3],
    ['089', 89],
    ['1_000', 1000],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['1.2.3', '1.2.3'],
    ['22:22', '22:22'],
    ['2001-01-01', '2001-01-01'],
    ['+', '+'],
    ['12345678901234567890', '12345678901234567890'],
    ['.inf', Infinity],
  ];
  assert.deepEqual(
    types.map(([source]) => typedScalar(source)),
    types.map(([, value]) => value),
  );
});

test('command lines come apart as in a shell', () => {
  assert.deepEqual(splitWords(`sh -c "a \\"b\\" 'c'" 'd e' f\\ g ''`), ['sh', '-c', `a "b" 'c'`, 'd e', 'f g', '']);
  assert.deepEqual(splitWords('  '), []);
});
