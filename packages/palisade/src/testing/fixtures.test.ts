import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { discoverControls, discoverKinds } from './discover.ts';
import { runFixture } from './fixtures.ts';

const controls = await discoverControls();
const kinds = await discoverKinds();
const update = process.env['PALISADE_UPDATE_FIXTURES'] === '1';

test('controls are found on disk', () => {
  assert.ok(controls.length > 40, `only ${controls.length} controls were found`);
});

for (const { control, path, fixtures } of controls)
  suite(control.id, () => {
    test('has a fixture that passes and one that fails', () => {
      const present = new Set(fixtures.map(({ expected }) => expected));
      assert.deepEqual(
        ['pass', 'fail'].filter((expected) => !present.has(expected === 'pass' ? 'pass' : 'fail')),
        [],
        `${path} lacks these fixtures`,
      );
    });
    for (const fixture of fixtures)
      test(fixture.name, async () => {
        await runFixture(control, fixture, { kinds, update });
      });
  });
