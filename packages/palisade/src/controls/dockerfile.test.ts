import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerfileInstructions } from './dockerfile.ts';

test('a Dockerfile is read instruction by instruction', () => {
  const text = [
    '# syntax=docker/dockerfile:1',
    'from debian:12',
    '',
    'RUN a \\',
    '    # a comment inside',
    '    && b',
    'USER  app',
    'EXPOSE',
  ];
  assert.deepEqual(dockerfileInstructions(text.join('\n')), [
    { name: 'FROM', rest: 'debian:12', line: 2 },
    { name: 'RUN', rest: 'a      && b', line: 4 },
    { name: 'USER', rest: 'app', line: 7 },
  ]);
});

test('Windows line ends change nothing', () => {
  assert.deepEqual(dockerfileInstructions('FROM a\r\nUSER \\\r\n  b\r\n'), [
    { name: 'FROM', rest: 'a', line: 1 },
    { name: 'USER', rest: 'b', line: 2 },
  ]);
});
