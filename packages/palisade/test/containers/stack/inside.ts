import assert from 'node:assert/strict';
import type { Engine } from '../engine/index.ts';

/** What /proc/pid/status (proc(5)) says of each process in a container, by the name of the field. */
const processesIn = async (engine: Engine, container: string): Promise<readonly ReadonlyMap<string, string>[]> => {
  // The shell that asks is among them: it has been given what the container has.
  const text = await engine.ask([
    'exec',
    container,
    'sh',
    '-c',
    'for each in /proc/[0-9]*/status; do cat "$each" 2>/dev/null && echo; done',
  ]);
  return text
    .split('\n\n')
    .map(
      (block) =>
        new Map(
          block.split('\n').flatMap((line): [string, string][] => {
            const [, name, value] = /^(\w+):\s*(.*)$/.exec(line) ?? [];
            return name === undefined || value === undefined ? [] : [[name, value]];
          }),
        ),
    )
    .filter((status) => status.size > 0);
};

/** The first of the files that is there, of control groups of version 1 and 2. */
const limitIn = (
  engine: Engine,
  container: string,
  controller: string,
  files: readonly [string, string],
): Promise<string> =>
  engine.ask([
    'exec',
    container,
    'sh',
    '-c',
    'cat "$1" 2>/dev/null || cat "$2"',
    'sh',
    `/sys/fs/cgroup/${controller}/${files[0]}`,
    `/sys/fs/cgroup/${files[1]}`,
  ]);

/**
 * Fails unless the container is confined as a hardened service is: asked of the kernel from inside, not of the engine that was
 * told so.
 */
export const assertHardened = async (engine: Engine, container: string): Promise<void> => {
  const processes = await processesIn(engine, container);
  assert.ok(processes.length > 0, container);
  for (const status of processes) {
    const name = `${container}: ${status.get('Name') ?? ''}`;
    assert.doesNotMatch(status.get('Uid') ?? '0', /\b0\b/, `${name} runs as root`);
    assert.doesNotMatch(status.get('Gid') ?? '0', /\b0\b/, `${name} is in the group of root`);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      assert.match(status.get(set) ?? '', /^0+$/, `${name} has capabilities in ${set}`);
    assert.equal(status.get('NoNewPrivs'), '1', `${name} may gain rights`);
    // 2: a filter (seccomp(2)).
    assert.equal(status.get('Seccomp'), '2', `${name} may make every system call`);
  }
  for (const directory of ['/', '/etc', '/usr/bin']) {
    const { exitCode, stderr } = await engine.docker([
      'exec',
      container,
      'sh',
      '-c',
      `: > ${directory}/palisade-was-here`,
    ]);
    assert.notEqual(exitCode, 0, `${container} can write into ${directory}`);
    assert.match(stderr, /Read-only file system|Permission denied/);
  }
  const root = await engine.ask(['exec', container, 'sh', '-c', 'grep " / " /proc/mounts']);
  assert.match(root, /^\S+ \/ \S+ ro\b/m, `${container} has a root that can be written`);
  const pids = await limitIn(engine, container, 'pids', ['pids.max', 'pids.max']);
  assert.ok(Number(pids) > 0 && Number(pids) <= 4096, `${container} may have ${pids} processes`);
  const memory = await limitIn(engine, container, 'memory', ['memory.limit_in_bytes', 'memory.max']);
  assert.ok(Number(memory) > 0 && Number(memory) <= 8 * 1024 ** 3, `${container} may take ${memory} bytes`);
};
