import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AnyControl, Observation } from '../contracts/control.ts';
import type { ServiceKind } from '../contracts/service-kind.ts';
import type { Stack } from '../contracts/stack.ts';
import { loadStack } from '../model/index.ts';
import type { Fixture } from './discover.ts';
import { expectedLines, projectFiles, readEvidence, readExpected } from './expectation.ts';
import { type FixtureProject, openProject, shortName } from './project.ts';
import { applyChanges, isCuredByFiles, projectChanges } from './remedies.ts';

/** What a fixture is run with. */
export interface FixtureContext {
  readonly kinds: readonly ServiceKind[];
  /** Writes `fixed/` from what the remedies make of the project, instead of comparing with it. */
  readonly update?: boolean;
}

/** The time at which every fixture is read, for what expires. */
export const fixtureTime = Date.UTC(2026, 10, 1);

const load = (directory: string, { kinds }: FixtureContext): Promise<Stack> =>
  loadStack({
    directory,
    kinds,
    environment: { HOME: '/home/user' },
    readAt: fixtureTime,
  });

const nameOf = ({ resource }: Observation): string => (resource.type === 'project' ? 'project' : resource.name);

const placeOf = ({ at }: Observation): string => (at === undefined ? 'nowhere' : `${at.file}:${at.line}`);

const shown = (observations: readonly Observation[]): string =>
  observations.map((each) => `\n    ${each.outcome} ${placeOf(each)} ${nameOf(each)}: ${each.message}`).join('');

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].toSorted();

const withOutcome = (observations: readonly Observation[], outcome: Observation['outcome']): readonly Observation[] =>
  observations.filter((observation) => observation.outcome === outcome);

/** Asserts that the files have no error: a fixture that does not parse tests nothing. */
const assertReadable = (stack: Stack, fixture: Fixture): void => {
  const errors = stack.diagnostics.filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    errors.map(({ code, message, at }) => `${at.file}:${at.line} ${code} ${message}`),
    [],
    `${shortName(fixture.directory)} does not load`,
  );
};

const assertAnswer = (fixture: Fixture, observations: readonly Observation[], isLive: boolean): void => {
  const all = shown(observations);
  const failures = withOutcome(observations, 'fail');
  const expected = readExpected(fixture.directory);
  assert.deepEqual(
    unique(withOutcome(observations, 'unknown').map(nameOf)),
    unique(expected.unknown),
    `resources of which nothing is known; the control answered:${all}`,
  );
  if (fixture.expected === 'pass') {
    assert.deepEqual(failures.map(placeOf), [], `a pass fixture has failures:${all}`);
    assert.ok(
      expected.unknown.length > 0 ||
        observations.some(({ outcome }) => outcome === 'pass' || outcome === 'not-applicable'),
      'the control says nothing about a pass fixture: it has to pass, or to be not applicable',
    );
    return;
  }
  if (isLive) {
    assert.deepEqual(
      unique(failures.map(nameOf)),
      unique(expected.fail),
      `failing resources; the control answered:${all}`,
    );
    return;
  }
  const lines = expectedLines(fixture.directory);
  assert.ok(lines.length > 0, 'a fail fixture needs a line with the comment `# finding`, or `at` in expected.json');
  assert.deepEqual(unique(failures.map(placeOf)), lines, `lines of the failures; the control answered:${all}`);
  if (expected.fail.length > 0)
    assert.deepEqual(
      unique(failures.map(nameOf)),
      unique(expected.fail),
      `failing resources; the control answered:${all}`,
    );
};

/** Compares the project after its remedies with `fixed/`, or writes that. */
const assertFixed = (fixture: Fixture, project: FixtureProject, { update = false }: FixtureContext): void => {
  const folder = join(fixture.directory, 'fixed');
  if (update) {
    for (const path of projectFiles(project.directory).filter((each) => !each.startsWith('.git/'))) {
      const original = join(fixture.directory, path);
      const text = project.read(path);
      if (existsSync(original) && readFileSync(original, 'utf8') === text) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return;
  }
  if (!existsSync(folder)) return;
  for (const path of projectFiles(folder))
    assert.equal(project.read(path), readFileSync(join(folder, path), 'utf8'), `${path} after the remedy`);
};

const assertRemedy = async (
  control: AnyControl,
  fixture: Fixture,
  project: FixtureProject,
  first: readonly Observation[],
  context: FixtureContext,
): Promise<void> => {
  const changes = projectChanges(first);
  if (changes.length > 0) {
    applyChanges(project, changes);
    const stack = await load(project.directory, context);
    assertReadable(stack, fixture);
    const second = [...(control.static?.(stack) ?? [])];
    const left = withOutcome(second, 'fail');
    const incurable = withOutcome(first, 'fail').filter((observation) => !isCuredByFiles(observation));
    assert.deepEqual(
      unique(left.map(nameOf)).filter((name) => !incurable.map(nameOf).includes(name)),
      [],
      `the remedy does not clear the finding; afterwards the control answered:${shown(second)}\nremedy: ${JSON.stringify(changes, null, 2)}`,
    );
    assert.deepEqual(projectChanges(second), [], 'the remedy is not complete: a second round asks for more changes');
  }
  assertFixed(fixture, project, context);
};

/**
 * Runs a control on a fixture and asserts its answer. Of a fixture with `evidence.json` the live part is judged, of any
 * other the static part: the exact lines of its failures, that its remedy clears them, changes no line that it does not
 * name, gives what `fixed/` holds where there is one, and has nothing to do a second time.
 *
 * @throws AssertionError that tells what was expected and all that the control answered
 */
export const runFixture = async (control: AnyControl, fixture: Fixture, context: FixtureContext): Promise<void> => {
  using project = await openProject(fixture.directory);
  const stack = await load(project.directory, context);
  assertReadable(stack, fixture);
  const evidence = readEvidence(fixture.directory);
  if (evidence !== undefined) {
    assert.ok(control.live, `${control.id} has no live part, but the fixture has evidence.json`);
    assertAnswer(fixture, [...control.live.assess(stack, evidence)], true);
    return;
  }
  assert.ok(control.static, `${control.id} reads no files: its fixtures need evidence.json`);
  const observations = [...control.static(stack)];
  assertAnswer(fixture, observations, false);
  if (fixture.expected === 'fail') await assertRemedy(control, fixture, project, observations, context);
};
