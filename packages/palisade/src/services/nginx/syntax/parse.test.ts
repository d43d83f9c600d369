import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Directive, directive, print, quoted } from './directive.ts';
import { parse } from './parse.ts';
import { tokenize } from './tokens.ts';

const directivesOf = (text: string): readonly Directive[] => {
  const parsed = parse(text, 'nginx.conf');
  assert.ok(parsed.fault === undefined, JSON.stringify(parsed.fault));
  return parsed.directives;
};

const faultOf = (text: string): string => {
  const { fault } = parse(text, 'nginx.conf');
  return fault === undefined ? 'no fault' : `${fault.line}:${fault.column} ${fault.why}`;
};

type Shape = readonly [name: string, args: readonly string[], block?: readonly Shape[]];

const shapeOf = ({ name, args, block }: Directive): Shape =>
  block === undefined ? [name, args] : [name, args, block.map(shapeOf)];

test('directives have names, parameters, blocks, and the place of their first word', () => {
  const [http] = directivesOf('# main\nhttp {\n  server { listen 80 default_server; }\n\tcharset "utf-8";\n}\n');
  assert.ok(http);
  assert.deepEqual(shapeOf(http), [
    'http',
    [],
    [
      ['server', [], [['listen', ['80', 'default_server']]]],
      ['charset', ['utf-8']],
    ],
  ]);
  assert.deepEqual(
    [http, ...(http.block ?? [])].map(({ file, line, column }) => `${file}:${line}:${column}`),
    ['nginx.conf:2:1', 'nginx.conf:3:3', 'nginx.conf:4:2'],
  );
});

test('an include is a directive as written, for who knows the files', () => {
  assert.deepEqual(directivesOf('include conf.d/*.conf;').map(shapeOf), [['include', ['conf.d/*.conf']]]);
});

test('a name may stand in quotes, as in a map', () => {
  assert.deepEqual(directivesOf('map $a $b { "~^x y" 1; default ""; }').map(shapeOf), [
    [
      'map',
      ['$a', '$b'],
      [
        ['~^x y', ['1']],
        ['default', ['']],
      ],
    ],
  ]);
});

test('an empty text and an empty block have no directives', () => {
  assert.deepEqual(directivesOf(''), []);
  assert.deepEqual(directivesOf('events {}').map(shapeOf), [['events', [], []]]);
});

for (const [what, text, expected] of [
  ['a block that is not closed', 'http {\n  server {\n    listen 80;\n  }', '1:1 a block is not closed'],
  ['a block that was never opened', 'a;\n}', '2:1 unexpected "}"'],
  ['a semicolon without a directive', 'a;\n ;', '2:2 unexpected ";"'],
  ['a brace without a directive', '{', '1:1 unexpected "{"'],
  ['a directive without an end', 'a;\nlisten 80', '2:1 listen has no end'],
  ['a directive that a closing brace cuts off', 'http {\n  listen 80\n}', '3:1 unexpected "}" in listen'],
  ['a quote that is not closed', 'a;\nb "c;', '2:3 a quote is not closed'],
  [
    'a program in Lua',
    'location / {\n  content_by_lua_block {\n    ngx.say(1)\n  }\n}',
    '2:3 content_by_lua_block holds a program',
  ],
] as const)
  test(`${what} is a fault with its place`, () => {
    assert.equal(faultOf(text), expected);
  });

test('a program in Lua is a fault also where its text cannot be split into words', () => {
  assert.equal(
    faultOf("http {\n  init_by_lua_block {\n    -- it 's\n    x = 1\n  }\n}"),
    '2:3 init_by_lua_block holds a program',
  );
});

test('a name that only ends like a program in Lua, as a parameter, is none', () => {
  assert.deepEqual(directivesOf('log_format content_by_lua_block "{x}";').map(shapeOf), [
    ['log_format', ['content_by_lua_block', '{x}']],
  ]);
});

test('blocks in each other are bounded, and a hostile text does not end the process', () => {
  assert.equal(faultOf(`${'a {'.repeat(31)}${'}'.repeat(31)}`), 'no fault');
  assert.match(faultOf('a {'.repeat(100_000)), /^1:\d+ blocks are nested too deeply$/);
});

const anyText = fc.string({ unit: fc.constantFrom(...Array.from(' \t\n;{}"\'#\\$ab)é\u00a0')), maxLength: 12 });

test('what is quoted is read back as one word with the same text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const tokens = tokenize(`${quoted(text)};`);
      assert.ok(!('why' in tokens), JSON.stringify(tokens));
      assert.deepEqual(
        tokens.map((token) => token.text),
        [text, ';'],
      );
    }),
  );
});

const tree: fc.Arbitrary<Directive> = fc.letrec<{ directive: Directive }>((tie) => ({
  directive: fc
    .record({
      name: fc.constantFrom('a', 'server', 'proxy_pass'),
      args: fc.array(anyText, { maxLength: 3 }),
      block: fc.option(fc.array(tie('directive'), { maxLength: 3 }), { nil: undefined, depthSize: 'small' }),
    })
    .map(({ name, args, block }) => directive(name, args, block)),
})).directive;

test('what is printed is read back as the same directives', () => {
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 4 }), (directives) => {
      assert.deepEqual(directivesOf(print(directives)).map(shapeOf), directives.map(shapeOf));
    }),
  );
});

test('what is parsed is printed with its quotes, and means the same again', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from(' \n;{}"\'#\\$ab)')), maxLength: 30 }), (text) => {
      const parsed = parse(text, 'nginx.conf');
      if (parsed.fault !== undefined) return;
      const { directives } = parsed;
      assert.deepEqual(directivesOf(print(directives)).map(shapeOf), directives.map(shapeOf));
    }),
    { numRuns: 2_000 },
  );
});
