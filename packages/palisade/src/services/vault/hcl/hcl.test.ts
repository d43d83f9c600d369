import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as fc from 'fast-check';

import { parseHcl } from './parse-hcl.ts';
import { parseJson } from './parse-json.ts';
import { asBoolean, blocksOf, entryOf } from './read.ts';
import { render } from './render.ts';
import { type Body, type Entry, SyntaxFault, type Value } from './syntax.ts';

/** What a text says, without positions. */
type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

const plain = (value: Value): Plain => {
  switch (value.kind) {
    case 'string':
      return value.text;
    case 'number':
      return value.number;
    case 'boolean':
      return value.boolean;
    case 'list':
      return value.items.map(plain);
    case 'object':
      return plainBody(value.body);
  }
};
const plainBody = (body: Body): { readonly [key: string]: Plain } =>
  Object.fromEntries(body.map(({ key, labels, value }) => [[key, ...labels].join(' '), plain(value)]));

const readBoolean = (text: string): boolean | undefined => {
  const entry = entryOf(parseHcl(`a = ${text}`), 'a');
  assert.ok(entry);
  return asBoolean(entry.value);
};

describe('the HCL reader', () => {
  it('reads blocks, labels, lists, comments and every sort of scalar', () => {
    const body = parseHcl(`
      # hash comment
      // slash comment
      /* block
         comment */
      ui = true
      listener "tcp" {
        address     = "0.0.0.0:8200" # trailing
        tls_disable = 1
        telemetry { unauthenticated_metrics_access = false }
      }
      path "secret/data/a b" { capabilities = ["read", "list",] }
      numbers = [-1, 0x1F, 2.5, 1e3]
      nested = { "quoted key" = "v", other = "w" }
    `);
    assert.deepEqual(plainBody(body), {
      ui: true,
      'listener tcp': {
        address: '0.0.0.0:8200',
        tls_disable: 1,
        telemetry: { unauthenticated_metrics_access: false },
      },
      'path secret/data/a b': { capabilities: ['read', 'list'] },
      numbers: [-1, 31, 2.5, 1000],
      nested: { 'quoted key': 'v', other: 'w' },
    });
  });

  it('reads escapes, and leaves interpolations as they are', () => {
    const body = parseHcl(
      String.raw`
      a = "tab\there \"quoted\" \\ \u00e9 \x41"
      b = "$` + '{f("x { y }")} end"',
    );
    assert.deepEqual(plainBody(body), { a: 'tab\there "quoted" \\ é A', b: '${f("x { y }")} end' });
  });

  it('reads heredocs, with the shared indentation taken away where asked', () => {
    const body = parseHcl('a = <<EOF\n  one\n"two"\nEOF\nb = <<-EOF\n    one\n      two\n    EOF\nc = 1\n');
    assert.deepEqual(plainBody(body), { a: '  one\n"two"\n', b: 'one\n  two\n', c: 1 });
  });

  it('knows line and column of keys and values, Windows line ends included', () => {
    const listener = parseHcl('ui = false\r\nlistener "tcp" {\r\n  tls_disable = true\r\n}\r\n')[1];
    assert.deepEqual(listener?.at, { line: 2, column: 1 });
    assert.ok(listener?.value.kind === 'object');
    assert.deepEqual(listener.value.body[0]?.at, { line: 3, column: 3 });
    assert.deepEqual(listener.value.body[0]?.value.at, { line: 3, column: 17 });
  });

  for (const [name, text, line] of [
    ['an expression', 'a = 1\nb = var.x', 2],
    ['an open string', 'a = "x\nb = 1', 1],
    ['an open block', 'listener "tcp" {\n  a = 1\n', 3],
    ['an open heredoc', 'a = <<EOF\nx\n', 1],
    ['a stray brace', 'a = 1\n}', 2],
    ['an unknown escape', String.raw`a = "\q"`, 1],
    ['a value without a key', '= 1', 1],
    ['a missing comma in a list', 'a = ["x" "y"]', 1],
    ['a number with letters behind it', 'a = 12abc', 1],
    ['an open comment', 'a = 1 /* x', 1],
  ] as const)
    it(`refuses ${name}, and says where`, () => {
      assert.throws(
        () => parseHcl(text),
        (error) => error instanceof SyntaxFault && error.at.line === line,
      );
    });

  it('ends on any text, with entries or a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        try {
          return Array.isArray(parseHcl(text));
        } catch (error) {
          return error instanceof SyntaxFault;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses nesting without bound', () => {
    assert.throws(() => parseHcl('a = ' + '['.repeat(100_000)), SyntaxFault);
  });
});

describe('the renderer', () => {
  const value = fc.oneof(
    fc
      .string({ unit: 'binary-ascii' })
      .map((text): Value => ({ kind: 'string', text: text.replaceAll('${', ''), at: { line: 1, column: 1 } })),
    fc.integer().map((number): Value => ({ kind: 'number', number, at: { line: 1, column: 1 } })),
    fc.boolean().map((boolean): Value => ({ kind: 'boolean', boolean, at: { line: 1, column: 1 } })),
  );
  it('writes what the reader reads back', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.string({ minLength: 1 }).filter((key) => !key.includes('${')),
            value,
          ),
        ),
        (pairs) => {
          const body = pairs.map(([key, each]): Entry => ({
            key,
            labels: [],
            value: each,
            at: { line: 1, column: 1 },
          }));
          const nested: Entry = {
            key: 'block',
            labels: ['a b', 'c'],
            value: { kind: 'object', body, at: { line: 1, column: 1 } },
            at: { line: 1, column: 1 },
          };
          assert.deepEqual(plainBody(parseHcl(render([nested]))), plainBody([nested]));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('blocks and scalars', () => {
  it('are the same in HCL and in every JSON spelling', () => {
    const texts = [
      parseHcl('listener "tcp" { address = "a" }'),
      parseHcl('listener { tcp { address = "a" } }'),
      parseHcl('listener = { tcp = { address = "a" } }'),
      parseJson('{"listener": {"tcp": {"address": "a"}}}'),
      parseJson('{"listener": [{"tcp": {"address": "a"}}]}'),
      parseJson('{"listener": {"tcp": [{"address": "a"}]}}'),
    ];
    for (const body of texts) {
      const [block, ...rest] = blocksOf(body, 'listener', 1);
      assert.deepEqual(rest, []);
      assert.deepEqual(block?.labels, ['tcp']);
      assert.deepEqual(plainBody(block.body), { address: 'a' });
    }
  });

  it('keep several blocks of one name, with two labels where asked', () => {
    const body = parseHcl('audit "file" "main" { options { file_path = "a" } }\naudit "file" "out" {}');
    assert.deepEqual(
      blocksOf(body, 'audit', 2).map(({ labels, at }) => [...labels, at.line]),
      [
        ['file', 'main', 1],
        ['file', 'out', 2],
      ],
    );
  });

  it('take booleans as the server does', () => {
    assert.deepEqual(['true', '"true"', '1', '"1"', '"T"'].map(readBoolean), [true, true, true, true, true]);
    assert.deepEqual(['false', '"false"', '0', '""'].map(readBoolean), [false, false, false, false]);
    assert.deepEqual(['"yes"', '2', '[]'].map(readBoolean), [undefined, undefined, undefined]);
  });

  it('of JSON have positions, and broken JSON is refused without being quoted', () => {
    assert.deepEqual(parseJson('{\n  "ui": true\n}')[0]?.at, { line: 2, column: 3 });
    assert.throws(
      () => parseJson('{"token": "s3cret"'),
      (error) => error instanceof SyntaxFault && !error.message.includes('s3cret'),
    );
  });
});
