import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import {
  type Stream,
  assert as check,
  asyncProperty,
  constantFrom,
  infiniteStream,
  record,
  stringMatching,
} from 'fast-check';
import { type Ended, inProject, palisade } from './command-line.ts';
import { type Canary, brokenProjects, projectWith } from './secrets/projects.ts';

/** What stands for a secret in any form: its beginning, its end, and its base64 at each of the three alignments. */
const formsOf = ({ text, head, tail }: Canary): readonly string[] => [
  // The messages of parsers quote the beginning of a text.
  head.slice(0, 9),
  tail,
  ...[text, head, tail].flatMap((part) =>
    // The first and last characters depend on the neighbours; what is between them does not.
    [0, 1, 2].map((shift) =>
      Buffer.from('x'.repeat(shift) + part)
        .toString('base64')
        .slice(shift + 1, -4),
    ),
  ),
];

const refuseIn = (what: string, text: string, canaries: readonly Canary[]): void => {
  for (const canary of canaries)
    for (const form of formsOf(canary)) {
      const place = text.indexOf(form);
      assert.ok(
        place < 0,
        `the secret of ${canary.place} is in ${what}: …${text.slice(Math.max(0, place - 100), place + form.length + 20)}…`,
      );
    }
};

/** Programs that only write down how they were called; git works beside that, because Palisade believes its answers. */
const recorders = (directory: string, log: string): string => {
  mkdirSync(directory);
  const real = (process.env['PATH'] ?? '').split(':').map((path) => join(path, 'git'));
  const git = real.find((path) => existsSync(path));
  for (const name of ['git', 'docker', 'docker-compose', 'vault', 'bao', 'psql', 'postgres', 'redis-server', 'sh']) {
    const last = name === 'git' && git !== undefined ? `exec ${git} "$@"` : 'exit 1';
    const file = join(directory, name);
    writeFileSync(file, `#!/bin/sh\nprintf '%s\\0' ${name} "$@" >> '${log}'\n${last}\n`);
    chmodSync(file, 0o755);
  }
  return directory;
};

const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Everything below a directory but the user's own files: as they are, edited in place, in the copy, and as kept originals. */
const writtenByPalisade = (directory: string, files: Readonly<Record<string, string>>): readonly string[] =>
  filesBelow(directory).filter((file) => {
    const path = relative(directory, file).replace(/^(?:hardened|elsewhere)\//, '');
    const isOriginal = path.startsWith('.palisade/originals/') && !path.endsWith('/plan.json');
    return !Object.hasOwn(files, path) && !isOriginal && !path.startsWith('.git/');
  });

/** Starts commands in a project and looks for its secrets in all that comes of them. */
const watching = (directory: string, files: Readonly<Record<string, string>>, canaries: readonly Canary[]) => {
  const outside = dirname(directory);
  const log = join(outside, 'started');
  // Services run under accounts of their own, which write it too.
  chmodSync(outside, 0o755);
  writeFileSync(log, '');
  chmodSync(log, 0o666);
  const environment = { PATH: recorders(join(outside, 'bin'), log), HOME: outside };
  return async (...args: readonly string[]): Promise<Ended> => {
    const ended = await palisade(args, { directory, environment });
    const { stdout, stderr } = ended;
    const what = `palisade ${args.join(' ')}`;
    assert.doesNotMatch(stderr, /internal:/, what);
    refuseIn(`the output of ${what}`, stdout, canaries);
    refuseIn(`the messages of ${what}`, stderr, canaries);
    refuseIn(`the arguments of what ${what} starts`, readFileSync(log, 'utf8'), canaries);
    for (const file of writtenByPalisade(directory, files))
      refuseIn(`${relative(directory, file)}, written by ${what}`, readFileSync(file, 'utf8'), canaries);
    return ended;
  };
};

/** Runs a command that may start services, and says where it keeps what belongs to them. */
const runtimeData = async (start: () => Promise<Ended>): Promise<readonly string[]> =>
  [...(await start()).stderr.matchAll(/the data of the services is in (\S+),/g)].flatMap(([, path]) => path ?? []);

const word = stringMatching(/^[A-Za-z][A-Za-z0-9]{13}$/);

/** Secrets have a character in their middle that means something to somebody. */
const secrets = infiniteStream(
  record({
    head: word,
    middle: constantFrom('', '"', "'", '$', '#', '\\', '%', '@', ':', '/', '&', 'é', '雪', '🔑', '{', ','),
    tail: word,
  }),
);

type Draw = Stream<{ readonly head: string; readonly middle: string; readonly tail: string }>;

const drawing = (stream: Draw): { readonly canary: (place: string) => Canary; readonly all: Canary[] } => {
  const all: Canary[] = [];
  return {
    all,
    canary: (place) => {
      const { head, middle, tail } = stream.next().value;
      const made: Canary = { place, head: `q${head}`, tail: `${tail}q`, text: `q${head}${middle}${tail}q` };
      all.push(made);
      return made;
    },
  };
};

const formats = ['table', 'json', 'sarif', 'junit', 'html', 'markdown'] as const;

test('no secret of a project leaves its own files, whatever the command', async () => {
  await check(
    asyncProperty(secrets, async (stream) => {
      const { canary, all } = drawing(stream);
      const files = projectWith(canary);
      await inProject(files, async (directory) => {
        spawnSync('git', ['init', '--quiet', directory]);
        const run = watching(directory, files, all);
        for (const format of formats) await run('assess', '--format', format);
        await run('assess', '--format', 'json', '--output', 'report.json');
        await run('assess', '--baseline', 'report.json', '--format', 'json');
        await run('assess', '--live', '--format', 'json');
        await run('harden', '--dry-run');
        assert.equal((await run('harden')).code, 1);
        assert.equal((await run('harden', '--out', 'elsewhere')).code, 1);
        await run('harden');
        await run('assess', 'hardened', '--format', 'json');
        await run('rollback', 'hardened');
        await run('harden', '--in-place');
        assert.ok(existsSync(join(directory, '.palisade', 'journal')));
        const compose = join(directory, 'compose.yaml');
        const late = canary('an edit after the apply');
        writeFileSync(compose, `${readFileSync(compose, 'utf8')}x-password: ${late.head}${late.tail}\n`);
        assert.equal((await run('rollback')).code, 2);
        await run('rollback', '--force');
        await run('rollback');
        await run('verify');
        await run('verify', '--format', 'json');
        const data = await runtimeData(() => run('up', '--only', 'cache'));
        await run('status', '--json');
        await run('down');
        for (const each of data) rmSync(each, { recursive: true, force: true });
        await run('bootstrap');
        await run('bootstrap', '--identity', '.env');
        await run('unseal', '--identity', 'app.env');
        await run('assess', '--file', '.env');
        await run('assess', '--baseline', 'app.env');
        await run('assess', '--baseline', 'api.txt');
        await run('init');
        const started = readFileSync(join(dirname(directory), 'started'), 'utf8').split('\0');
        assert.ok(started.includes('git') && started.includes('redis-server'), 'the programs were not recorded');
        await run('explain', 'container/default-secret');
      });
    }),
    { numRuns: 2, endOnFailure: true },
  );
});

test('no secret beside a fault is in what is said about the fault', async () => {
  await check(
    asyncProperty(secrets, async (stream) => {
      const { canary, all } = drawing(stream);
      for (const files of brokenProjects(canary))
        await inProject(files, async (directory) => {
          const run = watching(directory, files, all);
          await run('assess', '--format', 'json');
          await run('assess');
        });
    }),
    { numRuns: 1, endOnFailure: true },
  );
});
