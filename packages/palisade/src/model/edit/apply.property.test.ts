import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDocument } from 'yaml';
import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { applyComposeEdit, applyComposeEdits } from './apply.ts';
import { valueDigest } from '../../support/value-digest.ts';

const key = fc.oneof(
  fc.constantFrom('image', 'ports', 'environment', 'command', 'on', 'no', '0440', '22:22', 'x-a', 'a b', '<', 'null'),
  fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    'on',
    '0440',
    '22:22',
    '1e3',
    '- a',
    'a: b',
    'a #b',
    "it's",
    '"q"',
    'two\nlines',
    '${A:-b}',
    '*x',
    '&x',
    '!t',
    ' ',
    'é',
    'NaN',
    '.5',
    '0x1F',
    '1_0',
  ),
);
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<ComposeValue> = fc.letrec<{ value: ComposeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

/** A service as lines of text, in the styles that people write, together with what it means. */
const comment = fc.constantFrom('', ' # a comment', '   # another: one');
const entry = fc.oneof(
  fc
    .record({ comment, gap: fc.constantFrom(' ', '  ') })
    .map(({ comment: c, gap }) => ({ lines: [`image:${gap}postgres:16${c}`], name: 'image', value: 'postgres:16' })),
  fc.record({ comment, indent: fc.constantFrom('', '  ') }).map(({ comment: c, indent }) => ({
    lines: [`ports:${c}`, `${indent}- "5432:5432"${c}`, `${indent}# between`, `${indent}- 127.0.0.1:80:80`],
    name: 'ports',
    value: ['5432:5432', '127.0.0.1:80:80'],
  })),
  comment.map((c) => ({
    lines: ['environment:', `  A: 'one'${c}`, '', `  B: "two"${c}`, '  C:'],
    name: 'environment',
    value: { A: 'one', B: 'two', C: null },
  })),
  comment.map((c) => ({ lines: [`command: ["a", 'b', c]${c}`], name: 'command', value: ['a', 'b', 'c'] })),
  comment.map((c) => ({
    lines: [`deploy: {resources: {limits: {cpus: "1"}}}${c}`],
    name: 'deploy',
    value: { resources: { limits: { cpus: '1' } } },
  })),
  fc.constant({ lines: ['entrypoint: |', '  exec', '    x', ''], name: 'entrypoint', value: 'exec\n  x\n' }),
  comment.map((c) => ({
    lines: ['volumes:', `- type: bind${c}`, '  source: ./a', '  target: /a', '- data:/d'],
    name: 'volumes',
    value: [{ type: 'bind', source: './a', target: '/a' }, 'data:/d'],
  })),
  fc.constant({
    lines: ['healthcheck:', '# comment at the margin', '    test: ["CMD", "true"]'],
    name: 'healthcheck',
    value: { test: ['CMD', 'true'] },
  }),
  comment.map((c) => ({ lines: [`networks:${c}`], name: 'networks', value: null })),
);
const document = fc
  .record({
    entries: fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 6 }),
    step: fc.constantFrom(2, 4),
    newline: fc.constantFrom('\n', '\r\n'),
    final: fc.boolean(),
    tail: fc.constantFrom<readonly string[]>(
      [],
      ['  # trailing comment'],
      ['  other:', '    image: x'],
      ['', 'volumes:', '  data: {}'],
    ),
  })
  .map(({ entries, step, newline, final, tail }) => {
    const pad = (depth: number): string => ' '.repeat(step * depth);
    const body = entries.flatMap(({ lines }) => lines.map((line) => (line === '' ? '' : `${pad(2)}${line}`)));
    const rest = tail.map((line) => line.replace(/^ {2}/, pad(1)));
    const lines = ['# head', 'services:', `${pad(1)}db:`, ...body, ...rest];
    return {
      text: lines.join(newline) + (final ? newline : ''),
      service: Object.fromEntries(entries.map(({ name, value }) => [name, value])) as { [name: string]: ComposeValue },
    };
  });

const meaning = (source: string): unknown => {
  const parsed = parseDocument(source, { prettyErrors: false });
  assert.deepEqual(parsed.errors, [], source);
  return parsed.toJS();
};
const serviceIn = (source: string): unknown => {
  const whole = meaning(source);
  assert.ok(typeof whole === 'object' && whole !== null && 'services' in whole);
  const { services } = whole;
  assert.ok(typeof services === 'object' && services !== null && 'db' in services);
  return services.db;
};
const expects = (before: ComposeValue | undefined): ComposeEdit['expects'] =>
  before === undefined ? { state: 'absent' } : { state: 'present', digest: valueDigest(before) };
const edit = (name: string, change: ComposeEdit['edit'], before: ComposeValue | undefined): ComposeEdit => ({
  kind: 'compose-edit',
  file: 'compose.yaml',
  path: ['services', 'db', name],
  edit: change,
  expects: expects(before),
});

/** The lines of `before` that the edit may touch are those of its key; every other one is found in `after`, in order. */
const assertOthersKept = (before: string, after: string, name: string): void => {
  const lines = before.split('\n');
  const start = lines.findIndex((line) => line.trimStart().startsWith(`${name}:`));
  const column = start < 0 ? 0 : (lines[start] ?? '').search(/\S/);
  let end = start < 0 ? lines.length : start + 1;
  for (const line of lines.slice(end)) {
    const inside =
      line.search(/\S/) > column ||
      (line.search(/\S/) === column && line.trimStart().startsWith('-')) ||
      line.trim() === '' ||
      /^\s*#/.test(line);
    if (!inside) break;
    end += 1;
  }
  const others = start < 0 ? lines : [...lines.slice(0, start), ...lines.slice(end)];
  const left = after.split('\n').map((line) => line.replace(/\r$/, ''));
  let position = 0;
  for (const line of others.map((each) => each.replace(/\r$/, ''))) {
    const found = left.indexOf(line, position);
    assert.ok(found >= 0, `the line ${JSON.stringify(line)} was lost from:\n${before}\n→\n${after}`);
    position = found + 1;
  }
};

test('setting any value under any key gives that value and keeps every other line', () => {
  fc.assert(
    fc.property(document, key, value, ({ text: before, service }, name, wanted) => {
      const own = Object.hasOwn(service, name) ? service[name] : undefined;
      const after = applyComposeEdit(before, edit(name, { op: 'set', value: wanted }, own));
      assert.deepEqual(serviceIn(after), { ...service, [name]: wanted }, after);
      assertOthersKept(before, after, name);
      assert.equal(after.includes('\r\n'), before.includes('\r\n') && after.includes('\n'));
    }),
    { numRuns: 400 },
  );
});

test('removing a key takes its lines and no others', () => {
  fc.assert(
    fc.property(document, fc.nat(), ({ text: before, service }, pick) => {
      const names = Object.keys(service);
      // The last key of a mapping turns the line above it into an empty mapping.
      fc.pre(names.length > 1);
      const name = names[pick % names.length] ?? '';
      const after = applyComposeEdit(before, edit(name, { op: 'remove' }, service[name]));
      const { [name]: _, ...rest } = service;
      assert.deepEqual(serviceIn(after), rest, after);
      assertOthersKept(before, after, name);
    }),
    { numRuns: 300 },
  );
});

test('appending to a list keeps its items, and edits of one plan come together in any order', () => {
  fc.assert(
    fc.property(
      document,
      fc.uniqueArray(text, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      ({ text: before, service }, added, reversed) => {
        const appends = added.map((item) => edit('ports', { op: 'append', value: item }, undefined));
        const other = edit('read_only', { op: 'set', value: true }, undefined);
        const edits = reversed ? [other, ...appends] : [...appends, other];
        const after = applyComposeEdits(before, edits);
        const present = Array.isArray(service['ports']) ? service['ports'] : [];
        const missing = added.filter((item) => !present.includes(item));
        assert.deepEqual(serviceIn(after), { ...service, ports: [...present, ...missing], read_only: true }, after);
        assert.equal(applyComposeEdits(after, edits), after);
      },
    ),
    { numRuns: 200 },
  );
});
