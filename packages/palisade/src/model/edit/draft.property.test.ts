import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { PalisadeError } from '../../support/errors.ts';
import { valueDigest } from '../../support/value-digest.ts';
import { applyComposeEdit } from './apply.ts';
import { composeEditor } from './draft.ts';

/** A file of several services, as people write them: with anchors in and outside of services, merges and comments. */
const file = `# head
x-shared: &shared
  restart: always   # for all
  environment: &variables
    MODE: dev
services:
  # the first
  web:
    <<: *shared
    image: nginx:1.27   # pinned
    ports:
      - "80:80"
      # between
      - 443:443
  api:
    image: example/api
    environment:
      <<: *variables
      KEY: "x"

  db: &database
    image: postgres:16
    environment: {MODE: prod}
    volumes: [data:/data]
  replica:
    <<: *database
    command: ['postgres']
  worker:
    image: example/worker
    environment: *variables
    # the last
volumes:
  data: {}
`;

const service = fc.constantFrom('web', 'api', 'db', 'replica', 'worker', 'added');
const below = fc.constantFrom<ComposeEdit['path']>(
  ['image'],
  ['restart'],
  ['environment'],
  ['environment', 'MODE'],
  ['environment', 'KEY'],
  ['ports'],
  ['ports', 0],
  ['volumes'],
  ['command'],
  ['deploy', 'resources', 'limits', 'memory'],
  ['cap_drop'],
);
const path = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(service, below).map(([name, rest]) => ['services', name, ...rest]) },
  fc.constantFrom<ComposeEdit['path']>(['networks', 'data'], ['volumes', 'data'], ['services', 'web'], ['x-shared']),
);
const value: fc.Arbitrary<ComposeValue> = fc.constantFrom<ComposeValue>(
  'on',
  'two\nlines',
  3,
  null,
  ['ALL'],
  ['80:80', '127.0.0.1:81:81'],
  { MODE: 'dev' },
  { MODE: 'prod', EXTRA: '1' },
  {},
  [],
);
const change: fc.Arbitrary<ComposeEdit['edit']> = fc.oneof(
  value.map((wanted) => ({ op: 'set' as const, value: wanted })),
  value.map((wanted) => ({ op: 'append' as const, value: wanted })),
  fc.constant({ op: 'remove' as const }),
  fc.constant({ op: 'set' as const, value: null, tag: '!reset' as const }),
);
const expects = fc.oneof(
  { weight: 3, arbitrary: fc.constant<ComposeEdit['expects']>({ state: 'absent' }) },
  fc
    .oneof(value, fc.constantFrom<ComposeValue>('nginx:1.27', 'example/api', 'x', 'dev', '80:80', ['80:80', '443:443']))
    .map((before): ComposeEdit['expects'] => ({ state: 'present', digest: valueDigest(before) })),
);
const edit = fc
  .record({ path, edit: change, expects })
  .map((parts): ComposeEdit => ({ kind: 'compose-edit', file: 'compose.yaml', ...parts }));

type Editor = ReturnType<typeof composeEditor>;

/** What an edit makes of a text, or the code of its refusal. */
const outcome = (
  editor: Editor,
  text: string,
  each: ComposeEdit,
): { readonly text: string; readonly code?: string } => {
  try {
    return { text: editor(text, each) };
  } catch (thrown) {
    assert.ok(thrown instanceof PalisadeError, String(thrown));
    return { text, code: thrown.code };
  }
};

for (const [name, before] of [
  ['a file', file],
  ['a file with the line ends of Windows', file.replaceAll('\n', '\r\n')],
  ['a file of two documents', `${file}---\nservices:\n  added:\n    image: example/added\n`],
] as const)
  test(`an editor makes of ${name} what one edit after the other makes of it, refusals among them`, () => {
    let made = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 2, maxLength: 12 }), (edits) => {
        const editor = composeEditor();
        let text: string = before;
        for (const each of edits) {
          const expected = outcome(applyComposeEdit, text, each);
          assert.deepEqual(outcome(editor, text, each), expected);
          made += expected.text === text ? 0 : 1;
          text = expected.text;
        }
      }),
      { numRuns: 400 },
    );
    assert.ok(made > 400, `only ${made} edits changed anything`);
  });

const image = (wanted: string, now: string): ComposeEdit => ({
  kind: 'compose-edit',
  file: 'compose.yaml',
  path: ['services', 'web', 'image'],
  edit: { op: 'set', value: wanted },
  expects: { state: 'present', digest: valueDigest(now) },
});

test('an editor begins anew with a text that somebody else has changed', () => {
  const editor = composeEditor();
  editor(file, image('nginx:1.28', 'nginx:1.27'));
  const others = file.replace('nginx:1.27', 'nginx:1.26');
  assert.equal(editor(others, image('nginx:1.29', 'nginx:1.26')), others.replace('nginx:1.26', 'nginx:1.29'));
  assert.throws(() => editor(others, image('nginx:1.29', 'nginx:1.27')), { code: 'model/edit-drift' });
});
