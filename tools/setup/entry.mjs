// The first step of `npm start` and `npm test`: plain JavaScript, because it runs on whatever Node.js (20 or newer) is
// there before any package is. It installs the packages, among them Node.js 24, and hands over to it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [job = 'start', ...rest] = process.argv.slice(2);

/** Ends with one line that says what is missing, why, and how to get it. */
const fail = (line) => {
  process.stderr.write(`palisade: ${line}\n`);
  process.exit(2);
};

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Node.js ${process.versions.node} is too old for the set-up; install Node.js 20 or newer and run it again`);

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules', '.palisade-lock');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('palisade: set-up: installing the npm packages of package-lock.json\n');
  // npm's own path, so that the same npm does it whatever is on PATH; stdout stays free for results.
  const npm = process.env['npm_execpath'];
  const [program, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const done = spawnSync(program, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    timeout: 600_000,
  });
  if (done.error !== undefined || done.status !== 0)
    fail(
      `the npm packages could not be installed (npm ci ${done.error?.message ?? `ended with ${done.status}`}); run 'npm ci' by hand to see why`,
    );
  writeFileSync(stamp, lock);
}

const bundled = join(root, 'node_modules', '.bin', 'node');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const node = existsSync(bundled) ? bundled : process.execPath;
if (node === process.execPath && !(major > 22 || (major === 22 && minor >= 18)))
  fail(
    `no packaged Node.js for ${process.platform} ${process.arch}, and ${process.versions.node} is too old; install Node.js 24 and run it again`,
  );

const child = spawn(node, ['--conditions=palisade-source', join(root, 'tools', 'setup', 'main.ts'), job, ...rest], {
  cwd: process.cwd(),
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to the child too; this process only has to wait for it. A plain `kill` is passed on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('error', (error) =>
  fail(`Node.js at ${node} could not be started: ${error.message}; remove node_modules and run it again`),
);
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
