import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComposeEdit } from '../../contracts/change.ts';
import { applyComposeEdit } from './apply.ts';
import { composeEditor } from './draft.ts';

const file = `services:
  one: &one
    image: nginx:1.27
    environment: &shared
      MODE: dev   # for all
  two: *one
  three:
    <<: *one   # but for the image
    image: redis:7
  four:
    <<: [*one]
    environment: *shared
`;

const set = (path: ComposeEdit['path'], value: boolean | string): ComposeEdit => ({
  kind: 'compose-edit',
  file: 'compose.yaml',
  path,
  edit: { op: 'set', value },
  expects: { state: 'absent' },
});

test('an edit of a service that others take over is for that service alone', () => {
  const after = applyComposeEdit(file, set(['services', 'one', 'read_only'], true));
  assert.equal(
    after,
    `services:
  one: &one
    image: nginx:1.27
    environment: &shared
      MODE: dev   # for all
    read_only: true
  two:
    image: nginx:1.27
    environment:
      MODE: dev
  three:
    image: redis:7
    environment:
      MODE: dev
  four:
    environment: *shared
    image: nginx:1.27
`,
  );
});

test('an edit of a part that others share is for that service alone, and what they merge stays as it was', () => {
  const after = applyComposeEdit(file, set(['services', 'one', 'environment', 'TOKEN'], ''));
  assert.match(after, /one: &one\n.*\n {4}environment: &shared\n {6}MODE: dev {3}# for all\n {6}TOKEN: ""\n/);
  assert.equal(after.match(/TOKEN/g)?.length, 1);
  assert.equal(after.match(/MODE: dev/g)?.length, 4);
});

test('a plan that edits a service and those that take it over finds each as it was when the plan was made', () => {
  const editor = composeEditor();
  const after = ['one', 'three', 'two'].reduce(
    (text, name) => editor(text, set(['services', name, 'user'], `of ${name}`)),
    file,
  );
  for (const name of ['one', 'two', 'three'])
    assert.equal(after.match(new RegExp(`user: of ${name}$`, 'gm'))?.length, 1);
  assert.doesNotMatch(after, /\*one/);
});
