import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyWorkspace, processesOf } from './workspace-copy.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const start = (root: string, interruptAt?: RegExp): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'tools', 'setup', 'entry.mjs'), 'start'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let [stdout, stderr, interrupted] = ['', '', false];
    const limit = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 240_000);
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (!interrupted && interruptAt?.test(stderr) === true) {
        interrupted = true;
        // As a terminal does: to the whole group.
        process.kill(-(child.pid ?? 0), 'SIGINT');
      }
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code, stdout, stderr });
    });
  });

/**
 * Directories in which data of the bundled stack lies where root runs Palisade in a closed directory; other tests have other
 * stacks there at the same time.
 */
const dataDirectories = (): readonly string[] =>
  existsSync('/var/lib/palisade')
    ? readdirSync('/var/lib/palisade').filter((directory) => directory.startsWith('dev-services-'))
    : [];

const occupied: Server[] = [];
let root = '';

before(async () => {
  root = copyWorkspace();
  for (const port of [5432, 8200, 8000, 8443, 6432, 6379]) {
    const server = createServer();
    // Where somebody else holds the port already it is taken as well.
    await new Promise<void>((resolve) => {
      server.once('error', () => resolve());
      server.listen(port, '127.0.0.1', resolve);
    });
    occupied.push(server);
  }
});

after(() => {
  for (const server of occupied) server.close();
  rmSync(join(root, '..'), { recursive: true, force: true });
});

test('the main job ends with 0 where the standard ports are taken, and shows each attack accepted before and refused after', async () => {
  const earlier = dataDirectories();
  const { code, stdout, stderr } = await start(root);
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(dataDirectories(), earlier);
  for (const [service, act] of [
    ['vault', 'use the tokens that the files of the stack give away'],
    ['vault', 'talk to the API without TLS'],
    ['postgres', 'connect without TLS'],
    ['postgres', 'connect without a password'],
    ['postgres', 'log in with a default password'],
    ['reference-api', 'call the business routes without credentials'],
  ] as const)
    assert.match(stdout, new RegExp(`^${service} +${act} +accepted +refused$`, 'm'));
  // The one kind of caller that Palisade cannot give a certificate to is one that it does not know.
  for (const [line] of stdout.matchAll(/^.* accepted$/gm))
    assert.match(line, /^postgres +connect without a client certificate /);
  assert.equal(stdout.match(/^ ?\d+ {2}[A-Z]/gm)?.length, 21);
  assert.match(readFileSync(join(root, 'palisade-report.html'), 'utf8'), /What an attacker could do/);
  assert.deepEqual(processesOf(root), []);
});

test('it ends the same a second time, on what the first has left', async () => {
  const { code, stdout, stderr } = await start(root);
  assert.equal(code, 0, stdout + stderr);
});

for (const [when, pattern] of [
  ['while the development stack starts', /vault: ready/],
  ['while Vault is bootstrapped', /certificate roles: done/],
] as const)
  test(`Ctrl-C ${when} leaves nothing behind`, async () => {
    const { code, stderr } = await start(root, pattern);
    assert.equal(code, 130, stderr);
    assert.match(stderr, /everything is stopped/);
    assert.deepEqual(processesOf(root), []);
  });
