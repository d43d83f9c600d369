import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { z } from 'zod';
import type { Service } from '../../contracts/stack.ts';
import { run } from '../../support/exec.ts';
import { renderAdministratorScript } from './administrator-script.ts';

const service = z.custom<Service>().parse({ name: 'store' });

let root: string;

/** A server that makes its socket and waits, and a client that says what it was asked to do: neither is MongoDB's own. */
const programs: Readonly<Record<string, string>> = {
  mongod: `echo "mongod $*" >> "$LOG"
[ ! -e "$ROOT/broken" ] || { echo 'wrong file format'; exit 1; }
trap 'rm -f "$ROOT/tmpfs/first-start.sock"; echo stopped >> "$LOG"; exit 0' TERM
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$ROOT/tmpfs/first-start.sock"
while :; do sleep 0.1; done
`,
  mongosh: `echo "mongosh $* with $(cat "$PALISADE_PASSWORD_FILE" | wc -c) characters" >> "$LOG"
[ ! -e "$ROOT/refusing" ] || exit 1
`,
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palisade-administrator-'));
  for (const directory of ['bin', 'data', 'tmpfs']) await mkdir(join(root, directory));
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(root, 'bin', name), `#!/bin/sh\n${text}`);
    await chmod(join(root, 'bin', name), 0o755);
  }
  await writeFile(join(root, 'administrator.sh'), renderAdministratorScript(service, join(root, 'data')));
  await writeFile(join(root, 'tmpfs', 'password'), 'canary-first');
  await writeFile(join(root, 'log'), '');
});

afterEach(() => rm(root, { recursive: true, force: true }));

const start = () =>
  run('/bin/sh', [join(root, 'administrator.sh'), join(root, 'tmpfs', 'password')], {
    environment: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, LOG: join(root, 'log'), ROOT: root },
    timeout: 20_000,
  });

const log = async (): Promise<readonly string[]> =>
  (await readFile(join(root, 'log'), 'utf8'))
    .trim()
    .split('\n')
    .filter((line) => line !== '');

it('starts the server without a port, makes the administrator, stops it, and names no password', async () => {
  const { exitCode, stderr } = await start();
  assert.equal(exitCode, 0, stderr);
  const [first = '', second = '', third] = await log();
  assert.equal(first, 'mongod --config /etc/mongo/first-start.conf');
  assert.match(
    second,
    /^mongosh --quiet --norc mongodb:\/\/%2F.*first-start\.sock\/admin --eval .* with 12 characters$/,
  );
  assert.equal(third, 'stopped');
  assert.ok(!(await log()).join('\n').includes('canary'));
});

it('does it once for a password, and again for another one', async () => {
  await start();
  const once = (await log()).length;
  assert.equal((await start()).exitCode, 0);
  assert.equal((await log()).length, once);
  await writeFile(join(root, 'tmpfs', 'password'), 'canary-second');
  assert.equal((await start()).exitCode, 0);
  assert.equal((await log()).length, 2 * once);
});

it('stops the server and fails where the client fails, and tries again the next time', async () => {
  await writeFile(join(root, 'refusing'), '');
  const { exitCode, stderr } = await start();
  assert.equal(exitCode, 1);
  assert.match(stderr, /^store administrator: mongosh could not make the administrator$/m);
  assert.equal((await log()).at(-1), 'stopped');
  await rm(join(root, 'refusing'));
  assert.equal((await start()).exitCode, 0);
});

it('fails with the last words of a server that does not start', async () => {
  await writeFile(join(root, 'broken'), '');
  const { exitCode, stderr } = await start();
  assert.equal(exitCode, 1);
  assert.match(stderr, /wrong file format\nstore administrator: the server does not start/);
});
