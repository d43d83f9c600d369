import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Token, tokenize } from './tokens.ts';

const tokensOf = (text: string): readonly Token[] => {
  const tokens = tokenize(text);
  assert.ok(!('why' in tokens), `${JSON.stringify(text)}: ${'why' in tokens ? tokens.why : ''}`);
  return tokens;
};

const words = (text: string): readonly string[] => tokensOf(text).map((token) => token.text);

const faultOf = (text: string): string => {
  const tokens = tokenize(text);
  return 'why' in tokens ? `${tokens.line}:${tokens.column} ${tokens.why}` : 'no fault';
};

for (const [what, text, expected] of [
  ['words end at white space, semicolons and opening braces', 'a b\tc\r\nd;e{', ['a', 'b', 'c', 'd', ';', 'e', '{']],
  ['a closing brace is one only where a word could start', 'a}b } c', ['a}b', '}', 'c']],
  ['a comment goes to the end of its line', 'a # b; { "\nc', ['a', 'c']],
  ['a comment at the end of the text', 'a; #', ['a', ';']],
  ['a number sign inside of a word is a part of it', 'a#b', ['a#b']],
  ['a number sign inside of quotes is a part of the word', '"#a" \'# b\'', ['#a', '# b']],
  ['a comment does not see quotes or backslashes', "# it's \\\na", ['a']],
  ['quotes hold white space, braces and semicolons', '"a {b};\n c"', ['a {b};\n c']],
  ['single quotes do as well, and double ones stand in them', `'say "a"'`, ['say "a"']],
  ['a quote inside of a word is a part of it', `a"b c'd`, [`a"b`, `c'd`]],
  ['an empty word needs quotes', `"" ''`, ['', '']],
  [
    'a closing parenthesis may follow a quote, as a word of its own',
    'if ($a = "b"){',
    ['if', '($a', '=', 'b', ')', '{'],
  ],
  ['escapes that nginx knows', String.raw`"\t\r\n\"\'\\"`, ['\t\r\n"\'\\']],
  ['backslashes that it does not know stay', String.raw`\.php$ "\d+\x"`, [String.raw`\.php$`, String.raw`\d+\x`]],
  ['an escaped space, semicolon or brace does not end a word', String.raw`a\ b\;c\{d e`, [String.raw`a\ b\;c\{d`, 'e']],
  ['an escaped quote does not start or end one', String.raw`\"a b" 'it\'s'`, ['"a', 'b"', "it's"]],
  ['an escaped backslash does not escape what follows', String.raw`"a\\" b`, ['a\\', 'b']],
  ['a variable in braces is a part of its word', 'a${b}c ${d}', ['a${b}c', '${d}']],
  ['a variable in braces does not hide where the word ends', 'a ${b;c} d', ['a', '${b', ';', 'c}', 'd']],
  ['a dollar sign alone does not keep a brace', 'a$ {', ['a$', '{']],
  ['a brace after a variable without braces opens a block', 'a $b{', ['a', '$b', '{']],
  ['other white space is a part of the word, as nginx takes bytes', 'a\u00a0b\u2003c\fd\ve', ['a\u00a0b\u2003c\fd\ve']],
  ['a byte order mark is a part of the word', '\ufeffa b', ['\ufeffa', 'b']],
  ['an empty text has no words', ' \n\t', []],
] as const)
  test(what, () => {
    assert.deepEqual(words(text), expected);
  });

test('each token knows the place where it starts, and how it was written', () => {
  assert.deepEqual(
    tokensOf('a;\n  "b\nc" {\n}').map(({ kind, written, line, column }) => [kind, written, line, column]),
    [
      ['word', 'a', 1, 1],
      [';', ';', 1, 2],
      ['word', '"b\nc"', 2, 3],
      ['{', '{', 3, 4],
      ['}', '}', 4, 1],
    ],
  );
});

for (const [what, text, expected] of [
  ['a quote that is not closed', 'a\n "b; c', '2:2 a quote is not closed'],
  ['a quote whose end is escaped', String.raw`'a\'`, '1:1 a quote is not closed'],
  ['a quote with text right behind it', 'a "b"c;', '1:3 a closing quote is followed by more text'],
  ['two quotes without space', `'a''b'`, '1:1 a closing quote is followed by more text'],
  ['a quote before a closing brace', '"a"}', '1:1 a closing quote is followed by more text'],
  ['a quote before a comment', '"a"# b', '1:1 a closing quote is followed by more text'],
  ['a quote before white space that nginx does not know', '"a"\u00a0;', '1:1 a closing quote is followed by more text'],
] as const)
  test(`${what} is a fault with its place`, () => {
    assert.equal(faultOf(text), expected);
  });
