import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { tokenize } from './tokens.ts';

let directory = '';
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'palisade-nginx-syntax-'));
});
after(() => rmSync(directory, { recursive: true, force: true }));

/**
 * What nginx makes of a text: it stops at the first directive, which it does not know, and says its name without quotes
 * and escapes; or at the first character that it does not expect.
 */
const askNginx = (text: string): string => {
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, text);
  const { stderr, error } = spawnSync('nginx', ['-t', '-e', 'stderr', '-c', file], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  assert.equal(error, undefined);
  const unknown = /unknown directive "([\s\S]*)" in \S+:\d+/.exec(stderr);
  if (unknown !== null) return `directive ${unknown[1] ?? ''}`;
  if (/unexpected (?:end of file|"[\s\S]*")/.test(stderr)) return 'unexpected';
  assert.match(stderr, /no "events" section in configuration/);
  return 'nothing';
};

/** The same of our tokens: the first directive is complete where the shortest beginning of the text ends with one. */
const askTokens = (text: string): string => {
  for (let end = 1; end <= text.length; end += 1) {
    const tokens = tokenize(text.slice(0, end));
    if ('why' in tokens) continue;
    const [first] = tokens;
    const last = tokens.at(-1);
    if (first === undefined || last === undefined) continue;
    if (first.kind !== 'word') return 'unexpected';
    if (last.kind === '}') return 'unexpected';
    if (last.kind !== 'word') return `directive ${first.text}`;
  }
  const tokens = tokenize(text);
  return 'why' in tokens || tokens.length > 0 ? 'unexpected' : 'nothing';
};

test('a text has the words that nginx finds in it', (context) => {
  if (spawnSync('nginx', ['-v'], { timeout: 5_000 }).status !== 0) {
    context.skip('not run: nginx is not installed');
    return;
  }
  const alphabet = [...Array.from(' \n\t;{}"\'#\\$)abtn'), '\u00a0', '\f', '\r', '\ufeff', '${'];
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 14 }), (text) => {
      assert.equal(askTokens(text), askNginx(text), JSON.stringify(text));
    }),
    {
      numRuns: 100,
      examples: [['a${b;c};'], ['"a"\u00a0;'], ['\ufeffa;'], ['"\\t\\q";'], ['"a")b;'], ['a}b;'], ['}'], ['# "\na;']],
    },
  );
});
