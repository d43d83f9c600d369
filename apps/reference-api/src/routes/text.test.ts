import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, mailAddress, paragraphsOf } from './text.ts';

const accepted = ['a', 'Ada Example', 'ß', '😀'.repeat(100), 'a\u00adb', "O'Brien"];
const refused = [
  '',
  ' ',
  ' a',
  'a ',
  '\u00a0a',
  'a\ufeff',
  'a\0b',
  'a\rb',
  'a\u0085b',
  'a\u2028b',
  'a\u{d800}b',
  'x'.repeat(101),
];

test('takes a line of at most so many characters, whatever it is written in', () => {
  for (const text of accepted) assert.equal(lineOf(100).safeParse(text).success, true, JSON.stringify(text));
});

test('takes no line that is blank at an edge, or holds what no database keeps', () => {
  for (const text of [...refused, 'a\nb', 'a\tb'])
    assert.equal(lineOf(100).safeParse(text).success, false, JSON.stringify(text));
});

test('takes breaks in paragraphs, and otherwise the same', () => {
  for (const text of [...accepted, 'a\nb', 'a\tb'])
    assert.equal(paragraphsOf(100).safeParse(text).success, true, JSON.stringify(text));
  for (const text of refused) assert.equal(paragraphsOf(100).safeParse(text).success, false, JSON.stringify(text));
});

test('takes mail addresses that mail servers take', () => {
  for (const text of [
    'a@b.example',
    `${'a'.repeat(64)}@b.example`,
    "o'brien+x@a-b.example",
    `a@${'b'.repeat(63)}.example`,
  ])
    assert.equal(mailAddress.safeParse(text).success, true, text);
  for (const text of [
    'a',
    '@b.example',
    'a@b',
    'a..b@c.example',
    '.a@c.example',
    'a@-b.example',
    'a@b-.example',
    `${'a'.repeat(65)}@b.example`,
    `a@${'b'.repeat(64)}.example`,
    `a@${'b.'.repeat(126)}example`,
    'a@b.example\n',
  ])
    assert.equal(mailAddress.safeParse(text).success, false, text);
});
