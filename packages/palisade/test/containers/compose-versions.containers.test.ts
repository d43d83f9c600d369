import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '../../src/support/exec.ts';
import { composeProgram, programOf } from './engine/places.ts';
import { type Copies, hardenedCopy } from './stack/hardened.ts';

/** Only the files are read; no engine is needed. */
const accepted = (program: string, directory: string) =>
  run(program, ['--file', join(directory, 'compose.yaml'), 'config', '--quiet'], {
    workingDirectory: directory,
    timeout: 60_000,
  });

const skipped = (program: string | undefined, version: string): string | false =>
  program === undefined && `not run: Compose ${version} is not installed`;

describe('the hardened Compose file', () => {
  let copies: Copies;
  const [second, first] = [composeProgram(), programOf('docker-compose')];

  before(async () => {
    copies = await hardenedCopy('palisade-versions');
  });
  after(() => copies.remove());

  it('is accepted by Compose v2', { skip: skipped(second, 'v2') }, async () => {
    const { exitCode, stderr } = await accepted(second ?? '', copies.hardened);
    assert.equal(exitCode, 0, stderr);
  });

  it(
    'is refused by Compose 1.29 for nothing but what that version does not know',
    { skip: skipped(first, '1.29') },
    async () => {
      // What 1.29 refuses in the development file as well: the project's name, and a second context of a build.
      for (const directory of [copies.development, copies.hardened]) {
        const file = join(directory, 'compose.yaml');
        const text = readFileSync(file, 'utf8');
        writeFileSync(
          file,
          text.replace(/^name: .*\n/m, '').replace(/^ +additional_contexts:\n +workspace: .*\n/m, ''),
        );
      }
      const development = await accepted(first ?? '', copies.development);
      assert.equal(development.exitCode, 0, development.stderr);
      const { stderr } = await accepted(first ?? '', copies.hardened);
      const complaints = stderr
        .split('\n')
        .filter((line) => /does not match|unsupported|Unsupported|invalid type/.test(line));
      // The limit on processes stands where v2 demands it beside other limits, and where 1.29 has no place for it.
      for (const line of complaints)
        assert.match(line, /^services\.[\w-]+\.deploy\.resources\.limits value 'pids' does not match/);
    },
  );
});
