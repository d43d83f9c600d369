import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { SyntaxFault } from './hcl/syntax.ts';
import { excessOf, readPolicy } from './policies.ts';

const verdict = (path: string, ...capabilities: readonly string[]): 'exact' | 'excess' =>
  excessOf({ path, capabilities, at: { line: 1, column: 1 } }) === undefined ? 'exact' : 'excess';

describe('a grant of a policy', () => {
  const table: readonly (readonly [string, readonly string[], 'exact' | 'excess'])[] = [
    ['secret/data/postgres', ['read'], 'exact'],
    ['secret/data/*', ['read'], 'excess'],
    ['secret/data/redis-*', ['read'], 'excess'],
    ['secret/+/postgres', ['read'], 'excess'],
    ['secret/data/a+b', ['read'], 'exact'],
    ['*', ['read'], 'excess'],
    ['secret/data/*', ['deny'], 'exact'],
    ['secret/data/*', ['read', 'deny'], 'exact'],
    ['secret/data/*', [], 'exact'],
    ['sys/audit', ['read', 'sudo'], 'exact'],
    ['sys/audit/main', ['update', 'sudo'], 'excess'],
    ['sys/*', ['read', 'sudo'], 'excess'],
    ['secret/data/x', ['root'], 'excess'],
    ['cubbyhole/*', ['read', 'update'], 'exact'],
    ['cubbyhole/*', ['read', 'update', 'sudo'], 'excess'],
  ];
  for (const [path, capabilities, expected] of table)
    it(`of ${capabilities.join(', ') || 'nothing'} on ${path} is ${expected}`, () => {
      assert.equal(verdict(path, ...capabilities), expected);
    });
});

describe('reading a policy', () => {
  it('takes HCL, JSON and the older word for capabilities', () => {
    const hcl = readPolicy('path "a" { capabilities = ["read"] }\npath "b" { policy = "write" }');
    assert.deepEqual(
      hcl.map(({ path, capabilities }) => [path, capabilities.length]),
      [
        ['a', 1],
        ['b', 5],
      ],
    );
    assert.deepEqual(
      readPolicy('{"path": {"a": {"capabilities": ["read"]}, "b": {"policy": "read"}}}').map(({ path }) => path),
      ['a', 'b'],
    );
  });

  for (const text of ['path "a" { capabilities = "read" }', 'path "a" { policy = "all" }', 'path "a" {', '{"path": '])
    it(`refuses ${text}`, () => {
      assert.throws(() => readPolicy(text), SyntaxFault);
    });
});
