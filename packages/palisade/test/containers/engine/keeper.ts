// Starts the engine of the container tests, and stops it when the last test process that holds it is gone, however that
// ended: `kill -9` of a test run leaves neither an engine nor a container behind. Runs detached from the tests.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtNetwork, restoreNetwork } from './firewall.ts';
import { cacheDirectory, dockerClient, marks, programOf, stateDirectory } from './places.ts';
import { isAlive, markOf, processesNamed, sharesNetwork } from './processes.ts';

/** Milliseconds: for the start of dockerd, without any holder before it stops, and of its whole life. */
const limits = { start: 40_000, idle: 3_000, life: 60 * 60_000, stop: 30_000 } as const;

const docker = (args: readonly string[], timeout = 60_000): string =>
  spawnSync(dockerClient(), ['--host', `unix://${marks.socket}`, ...args], {
    encoding: 'utf8',
    timeout,
  }).stdout?.trim() ?? '';

/** Removes containers, networks and volumes, also those of a run that was killed; images stay. */
const clear = (): void => {
  const containers = docker(['ps', '--all', '--quiet']).split('\n').filter(Boolean);
  if (containers.length > 0) docker(['rm', '--force', '--volumes', ...containers]);
  docker(['network', 'prune', '--force']);
  const volumes = docker(['volume', 'ls', '--quiet']).split('\n').filter(Boolean);
  if (volumes.length > 0) docker(['volume', 'rm', '--force', ...volumes]);
};

const isHeld = (): boolean =>
  readdirSync(marks.holders).filter((name) => {
    const path = join(marks.holders, name);
    try {
      if (isAlive(readFileSync(path, 'utf8'))) return true;
      rmSync(path, { force: true });
    } catch {
      // The holder has taken its mark away in the meantime.
    }
    return false;
  }).length > 0;

/** True where this process is the keeper now; false where another lives. */
const becomeKeeper = (): boolean => {
  for (let attempt = 0; attempt < 2; attempt++)
    try {
      writeFileSync(marks.keeper, markOf(process.pid), { flag: 'wx', mode: 0o600 });
      return true;
    } catch {
      if (isAlive(readFileSync(marks.keeper, 'utf8'))) return false;
      rmSync(marks.keeper, { force: true });
    }
  return false;
};

const startDaemon = (): ChildProcess => {
  const log = openSync(marks.log, 'w', 0o600);
  writeFileSync(marks.configuration, '{}');
  return spawn(
    programOf('dockerd') ?? 'dockerd',
    [
      ['--data-root', join(cacheDirectory, 'engine')],
      ['--exec-root', join(stateDirectory, 'exec')],
      ['--pidfile', join(stateDirectory, 'dockerd.pid')],
      ['--host', `unix://${marks.socket}`],
      // No bridge docker0: images are built in the network of the host, and every test makes its own networks.
      ['--bridge', 'none'],
      // Away from the ranges that an engine takes by itself (172.17.0.0/12 and 192.168.0.0/16).
      ['--default-address-pool', 'base=10.213.0.0/16,size=24'],
      // What the machine configures for its own engine does not hold here.
      ['--config-file', marks.configuration],
      ['--log-level', 'warn'],
    ].flat(),
    { stdio: ['ignore', log, log], detached: true },
  );
};

/** Waits for the answer of the engine; the reason where it does not come. */
const whenReady = async (daemon: ChildProcess): Promise<string | undefined> => {
  const deadline = Date.now() + limits.start;
  while (Date.now() < deadline) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) {
      const last = readFileSync(marks.log, 'utf8').trim().split('\n').at(-1);
      return `dockerd ended by itself: ${last === undefined || last === '' ? `exit code ${daemon.exitCode ?? 'none'}` : last}`;
    }
    if (docker(['version', '--format', '{{.Server.Version}}'], 5_000) !== '') return undefined;
    await sleep(100);
  }
  return `dockerd gave no answer in ${limits.start / 1000} s`;
};

const stopDaemon = async (daemon: ChildProcess): Promise<void> => {
  const pid = daemon.pid;
  if (pid === undefined) return;
  daemon.kill('SIGTERM');
  const deadline = Date.now() + limits.stop;
  while (daemon.exitCode === null && daemon.signalCode === null && Date.now() < deadline) await sleep(50);
  try {
    // The group: containerd and the shims that a daemon which had to be killed leaves.
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
};

/** Removes what a daemon that has ended leaves mounted and lying about for the time that it runs. */
const clearRemains = (): void => {
  const names = join(stateDirectory, 'exec', 'netns');
  try {
    for (const name of readdirSync(names))
      spawnSync('umount', [join(names, name)], { stdio: 'ignore', timeout: 5_000 });
    rmSync(join(stateDirectory, 'exec'), { recursive: true, force: true });
  } catch {
    // It never came so far, or the kernel still holds something: the next keeper takes the same directory.
  }
};

mkdirSync(marks.holders, { recursive: true, mode: 0o700 });
mkdirSync(cacheDirectory, { recursive: true });
if (becomeKeeper()) {
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  rmSync(marks.failed, { force: true });
  rmSync(marks.ready, { force: true });
  const before = lookAtNetwork();
  const daemon = startDaemon();
  daemon.once('error', () => undefined);
  const reason = await whenReady(daemon);
  if (reason === undefined) {
    clear();
    writeFileSync(marks.ready, '');
    const deadline = Date.now() + limits.life;
    let lastHeld = Date.now();
    while (!ending.signal.aborted && daemon.exitCode === null && Date.now() < deadline) {
      if (isHeld()) lastHeld = Date.now();
      else if (Date.now() - lastHeld > limits.idle) {
        // First nobody may come in any more, then it is looked whether somebody just did.
        rmSync(marks.ready, { force: true });
        if (!isHeld()) break;
        writeFileSync(marks.ready, '');
      }
      await sleep(250);
    }
    rmSync(marks.ready, { force: true });
    clear();
  }
  await stopDaemon(daemon);
  clearRemains();
  if (!processesNamed('dockerd').some(sharesNetwork)) restoreNetwork(before);
  if (reason !== undefined) writeFileSync(marks.failed, reason);
  rmSync(marks.keeper, { force: true });
}
