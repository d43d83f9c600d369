import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { discoverControls, discoverKinds } from './discover.ts';
import { runFixture } from './fixtures.ts';

/** How a path begins, to try a few controls: `PALISADE_FIXTURES=services/postgres`. */
const only = process.env['PALISADE_FIXTURES'] ?? '';
const update = process.env['PALISADE_UPDATE_FIXTURES'] === '1';
const controls = await discoverControls(only);
const kinds = await discoverKinds();

test('controls are found on disk', () => {
  const least = only === '' ? 40 : 1;
  assert.ok(controls.found.length >= least, `only ${controls.found.length} controls were found`);
});

for (const { path, reason } of [...controls.broken, ...kinds.broken])
  test(`${path} loads`, () => {
    assert.fail(reason);
  });

for (const { control, path, fixtures } of controls.found)
  suite(control.id, () => {
    test('has a fixture that passes and one that fails', () => {
      const present = new Set<string>(fixtures.map(({ expected }) => expected));
      const missing = ['pass', 'fail'].filter((expected) => !present.has(expected));
      assert.deepEqual(missing, [], `${path} lacks a fixture of these sorts`);
    });
    for (const fixture of fixtures)
      test(fixture.name, async () => {
        await runFixture(control, fixture, { kinds: kinds.found, update });
      });
  });
