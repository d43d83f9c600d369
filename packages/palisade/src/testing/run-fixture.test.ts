import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { Change } from '../contracts/change.ts';
import type { AnyControl, Observation } from '../contracts/control.ts';
import type { Stack } from '../contracts/stack.ts';
import { removeServiceKey, serviceResource, setServiceKey } from '../model/index.ts';
import type { Fixture } from './discover.ts';
import { runFixture } from './fixtures.ts';

const made: string[] = [];
after(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

const fixture = (expected: Fixture['expected'], files: Readonly<Record<string, string>>): Fixture => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-runner-'));
  made.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
    chmodSync(join(directory, path), 0o644);
  }
  return { name: `${expected}.here`, expected, directory };
};

type Remedy = (stack: Stack, service: string) => readonly Change[];

/** Refuses `privileged`, with whatever remedy a test wants. */
const control = (remedy?: Remedy): AnyControl => ({
  id: 'test/privileged',
  aliases: [],
  title: 'Title',
  severity: 'low',
  rationale: 'Why.',
  fix: 'How.',
  references: [],
  *static(stack): Generator<Observation> {
    for (const service of stack.services.values()) {
      const resource = serviceResource(service);
      const { privileged } = service;
      if (privileged?.value !== true) yield { outcome: 'pass', resource, message: 'sound' };
      else
        yield {
          outcome: 'fail',
          resource,
          message: 'is privileged',
          at: privileged.at,
          ...(remedy === undefined ? {} : { remedy: remedy(stack, service.name) }),
        };
    }
  },
  live: {
    needs: ['listeners'],
    *assess(_stack, evidence): Generator<Observation> {
      for (const [name, answer] of evidence.of('listeners'))
        yield answer.known
          ? {
              outcome: answer.value.listeners.length > 0 ? 'fail' : 'pass',
              resource: serviceResource({ name }),
              message: 'listens',
            }
          : { outcome: 'unknown', resource: serviceResource({ name }), message: answer.why };
    },
  },
});

const marked = 'services:\n  web:\n    image: nginx:1\n    privileged: true # finding\n    init: true\n';
const unmarked = marked.replace(' # finding', '');
const sound = 'services:\n  web:\n    image: nginx:1\n';
const cure: Remedy = (stack, service) => removeServiceKey(stack, service, ['privileged']);

const run = (subject: AnyControl, subjects: Fixture): Promise<void> => runFixture(subject, subjects, { kinds: [] });
const refuses = (subject: AnyControl, subjects: Fixture, reason: RegExp): Promise<void> =>
  assert.rejects(run(subject, subjects), reason);

suite('a fixture of the files', () => {
  test('accepts the marked lines and a remedy that clears them', () =>
    run(control(cure), fixture('fail', { 'compose.yaml': marked })));
  test('accepts a failure without a remedy', () => run(control(), fixture('fail', { 'compose.yaml': marked })));
  test('refuses a failure on a line without a mark', () =>
    refuses(
      control(),
      fixture('fail', { 'compose.yaml': `${marked}  db:\n    image: a:1\n    privileged: true\n` }),
      /lines of the failures/,
    ));
  test('refuses a mark without a failure', () =>
    refuses(
      control(),
      fixture('fail', { 'compose.yaml': marked.replace('true #', 'false #') }),
      /lines of the failures/,
    ));
  test('refuses a fail fixture without a mark', () =>
    refuses(control(), fixture('fail', { 'compose.yaml': unmarked }), /needs a line with the comment/));
  test('takes lines from expected.json', () =>
    run(control(), fixture('fail', { 'compose.yaml': unmarked, 'expected.json': '{"at":["compose.yaml:4"]}' })));
  test('refuses an unknown key of expected.json', () =>
    refuses(control(), fixture('fail', { 'compose.yaml': marked, 'expected.json': '{"lines":[]}' }), /lines/));
  test('refuses a failure in a pass fixture', () =>
    refuses(control(), fixture('pass', { 'compose.yaml': unmarked }), /a pass fixture has failures/));
  test('refuses a pass fixture of which the control says nothing', () =>
    refuses({ ...control(), static: () => [] }, fixture('pass', { 'compose.yaml': sound }), /says nothing/));
  test('refuses a project that does not load', () =>
    refuses(control(), fixture('pass', { 'compose.yaml': 'services: [' }), /does not load/));
});

suite('the remedy of a fixture', () => {
  const fail = fixture('fail', { 'compose.yaml': marked });
  test('is refused where the finding stays', () =>
    refuses(
      control((stack, service) => setServiceKey(stack, service, ['init'], false)),
      fail,
      /does not clear the finding/,
    ));
  test('is refused where it writes the Compose file whole', () =>
    refuses(
      control(() => [
        { kind: 'file-write', path: 'compose.yaml', mode: 0o644, content: sound, expects: { state: 'absent' } },
      ]),
      fail,
      /writes the Compose file/,
    ));
  test('is refused where it gives another text than fixed/ holds', () =>
    refuses(
      control(cure),
      fixture('fail', { 'compose.yaml': marked, 'fixed/compose.yaml': sound }),
      /after the remedy/,
    ));
  test('is accepted where it gives the text that fixed/ holds', () =>
    run(
      control(cure),
      fixture('fail', {
        'compose.yaml': marked,
        'fixed/compose.yaml': marked.replace('    privileged: true # finding\n', ''),
      }),
    ));
});

const evidence = (value: unknown): string => JSON.stringify({ listeners: { web: value } });

suite('a fixture of a running service', () => {
  const open = { known: true, value: { listeners: [{ address: '::', port: 1, declared: false }] } };
  test('takes the names of the failing resources from expected.json', () =>
    run(
      control(),
      fixture('fail', { 'compose.yaml': sound, 'evidence.json': evidence(open), 'expected.json': '{"fail":["web"]}' }),
    ));
  test('refuses another failing resource', () =>
    refuses(
      control(),
      fixture('fail', { 'compose.yaml': sound, 'evidence.json': evidence(open), 'expected.json': '{"fail":["db"]}' }),
      /failing resources/,
    ));
  test('refuses an unknown that nobody expected', () =>
    refuses(
      control(),
      fixture('pass', { 'compose.yaml': sound, 'evidence.json': evidence({ known: false, why: 'no answer' }) }),
      /of which nothing is known/,
    ));
});

suite('the project of a fixture', () => {
  test('has the permission bits of modes.json and is tracked as tracked.json says', async () => {
    let seen: Stack | undefined;
    const watching: AnyControl = {
      ...control(),
      static: (stack) => {
        seen = stack;
        return [{ outcome: 'pass', resource: { type: 'project' }, message: 'seen' }];
      },
    };
    await run(
      watching,
      fixture('pass', {
        'compose.yaml': `${sound}    volumes: ["./a:/a:ro"]\n`,
        'a/one': '1',
        'a/two': '2',
        'modes.json': '{"a/one":"0640"}',
        'tracked.json': '["a/two"]',
      }),
    );
    assert.deepEqual(
      [...(seen?.files.values() ?? [])].map(({ path, mode, tracked }) => [path, mode, tracked]),
      [
        ['a/one', 0o640, false],
        ['a/two', 0o644, true],
      ],
    );
  });
});
