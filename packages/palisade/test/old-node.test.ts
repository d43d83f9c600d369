import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const program = fileURLToPath(new URL('../bin/palisade.js', import.meta.url));

const runBy = (version: string): { readonly code: number | null; readonly stdout: string; readonly stderr: string } => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, '--version'],
    { encoding: 'utf8', timeout: 30_000 },
  );
  return { code: status, stdout, stderr };
};

for (const version of ['18.20.4', '20.20.2', '22.17.1'])
  test(`says in one line that Node.js ${version} is too old`, () => {
    assert.deepEqual(runBy(version), {
      code: 2,
      stdout: '',
      stderr: `palisade needs Node.js 22.18 or newer, and this is ${version}\n`,
    });
  });

for (const version of ['22.18.0', '24.0.0'])
  test(`runs by Node.js ${version}`, () => {
    assert.equal(runBy(version).code, 0);
  });
