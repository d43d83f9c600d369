import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { PalisadeError } from '../../support/errors.ts';
import { openEngine, reasonOf, succeed } from './engine.ts';

/** These programs are fakes: they answer as a docker client does where it has no engine, no Compose, or an older one. */
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'palisade-fake-docker-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const fake = (name: string, script: string): void => {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
};

const engine = () =>
  openEngine({ programDirectories: [join(directory, 'nowhere'), directory], environment: { PATH: '/usr/bin:/bin' } });

const call = { timeout: 5000 };

const withCode =
  (code: string, said: RegExp) =>
  (thrown: unknown): boolean => {
    assert.ok(thrown instanceof PalisadeError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(`${thrown.message} ${thrown.next}`, said);
    return true;
  };

test('says what to do where there is no docker program, and a directory of that name is none', async () => {
  mkdirSync(join(directory, 'docker'));
  await assert.rejects(engine().docker(['ps'], call), withCode('compose/no-client', /--runtime process/));
});

test('says what to do where no engine answers', async () => {
  fake(
    'docker',
    'echo "Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?" >&2; exit 1',
  );
  await assert.rejects(engine().docker(['ps'], call), withCode('compose/no-engine', /Cannot connect.*DOCKER_HOST/s));
});

test('asks again after an engine was started', async () => {
  fake('docker', 'exit 1');
  const opened = engine();
  await assert.rejects(opened.docker(['ps'], call), withCode('compose/no-engine', /exit code 1/));
  fake('docker', 'echo "$@"');
  assert.equal((await opened.docker(['ps', '--all'], call)).stdout, 'ps --all\n');
});

test('uses the plugin where there is one', async () => {
  fake('docker', 'echo "docker $*"');
  fake('docker-compose', 'echo "docker-compose $*"');
  assert.equal((await engine().compose(['up'], call)).stdout, 'docker compose up\n');
});

test('uses docker-compose where only that exists', async () => {
  fake('docker', '[ "$1" = compose ] && exit 1; echo "docker $*"');
  fake('docker-compose', 'echo "docker-compose $*"');
  assert.equal((await engine().compose(['up'], call)).stdout, 'docker-compose up\n');
});

test('says so where there is neither', async () => {
  fake('docker', '[ "$1" = compose ] && { echo "docker: unknown command: docker compose" >&2; exit 1; }; echo 20.10');
  await assert.rejects(engine().compose(['up'], call), withCode('compose/no-compose', /unknown command/));
});

test('kills a program that does not end, and says so', async () => {
  fake('docker', '[ "$1" = version ] && exit 0; sleep 60');
  const outcome = await engine().docker(['ps'], { timeout: 200 });
  assert.equal(outcome.timedOut, true);
  assert.match(reasonOf(outcome), /did not end in time/);
});

for (const said of [
  'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
  'all predefined address pools have been fully subnetted',
])
  test(`says how to get addresses where the engine has none left: ${said.slice(0, 24)}`, async () => {
    fake('docker', `[ "$1" = version ] && exit 0; echo "Error response from daemon: ${said}" >&2; exit 1`);
    await assert.rejects(
      succeed('docker compose up', engine().docker(['network', 'create', 'x'], call)),
      withCode('compose/no-addresses', /no addresses for another network/),
    );
  });

test('hands a failure on with the engine’s own reason, not with its warnings', async () => {
  fake(
    'docker',
    '[ "$1" = version ] && exit 0; echo "time=2026 level=warning msg=obsolete" >&2; echo "Error: the driver is unhappy" >&2; echo "Error: failed to start containers: 4711" >&2; exit 1',
  );
  await assert.rejects(
    succeed('docker start', engine().docker(['start'], call)),
    withCode('compose/command-failed', /docker start failed: Error: the driver is unhappy/),
  );
});

for (const [said, code, message] of [
  [
    'driver failed programming external connectivity: Bind for 127.0.0.1:5432 failed: port is already allocated',
    'compose/port-taken',
    /docker start failed: another program listens on 127\.0\.0\.1:5432 already/,
  ],
  [
    'Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use',
    'compose/port-taken',
    /another program listens on 0\.0\.0\.0:80 already/,
  ],
  ['something: address already in use', 'compose/port-taken', /a port that it publishes/],
  ['mkdir /var/lib/docker/overlay2/x: no space left on device', 'compose/disk-full', /the disk is full: .*overlay2/],
] as const)
  test(`says what keeps a container from starting: ${said.slice(0, 40)}`, async () => {
    fake('docker', `[ "$1" = version ] && exit 0; echo "Error response from daemon: ${said}" >&2; exit 1`);
    await assert.rejects(succeed('docker start', engine().docker(['start'], call)), withCode(code, message));
  });

test('says which Compose is needed where the old one refuses the project, and only then', async () => {
  fake('docker', '[ "$1" = version ] && exit 0; exit 1');
  fake(
    'docker-compose',
    `[ "$1" = version ] && { echo 1.29.2; exit 0; }
[ "$1" = up ] || { echo "no such service" >&2; exit 1; }
echo "The Compose file './compose.yaml' is invalid because:" >&2
echo "services.db.deploy.resources.limits value Additional properties are not allowed ('pids' was unexpected)" >&2; exit 1`,
  );
  await assert.rejects(
    engine().compose(['up'], call),
    withCode('compose/too-old', /docker-compose 1\.29\.2 cannot read the project: services\.db\..*'pids'/),
  );
  assert.equal((await engine().compose(['stop'], call)).exitCode, 1);
});
