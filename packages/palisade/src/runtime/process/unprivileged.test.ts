import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PalisadeError } from '../../support/errors.ts';
import { nodeDirectory } from './testing.ts';
import { at, never, quiet, runtimeOf, projectFor, up, ask, processesIn, root } from './testing/running.ts';

const bind = (target: string, source: string) => ({
  mounts: [{ at, type: 'bind' as const, source, target, readOnly: true, syntax: 'short' as const }],
  variables: { FAKE_FILE: '/run/secrets/id' },
});

const appending = (path: string) =>
  `process.umask(7); require('node:fs').appendFileSync(${JSON.stringify(path)}, 'x'); process.stdout.write('ok')`;

if (root) {
  test('runs each service as an unprivileged account of its own, which owns its state and its secrets', async (context) => {
    const project = projectFor(context);
    const secrets = join(project.directory, 'secrets', 'one');
    mkdirSync(secrets, { recursive: true });
    chmodSync(secrets, 0o700);
    writeFileSync(join(secrets, 'secret-id'), 'for one', { mode: 0o400 });
    const runtime = runtimeOf(project, {
      one: bind('/run/secrets/id', join(secrets, 'secret-id')),
      two: {},
    });
    await up(runtime);
    const [one, two] = [await ask(runtime, 'one'), await ask(runtime, 'two')];
    assert.ok(one.uid !== 0 && one.gid !== 0 && two.uid !== 0 && one.uid !== two.uid);
    assert.ok(!one.groups.includes(0));
    assert.equal(one.file, 'for one');
    const file = statSync(join(secrets, 'secret-id'));
    assert.deepEqual([file.uid, file.mode & 0o777], [one.uid, 0o400]);
    const state = statSync(join(project.state, 'services', 'one'));
    assert.deepEqual([state.uid, state.mode & 0o777], [one.uid, 0o700]);
    assert.equal(one.directory, join(project.state, 'services', 'one'));
  });

  test('copies what the account cannot reach, and keeps the data where it can, for a project in a closed directory', async (context) => {
    const project = projectFor(context);
    const closed = join(project.directory, 'closed');
    const source = join(closed, 'id');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(source, 'first', { mode: 0o600 });
    const script = join(closed, 'start.sh');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    const shared = join(project.directory, 'shared');
    const lines: string[] = [];
    const runtime = runtimeOf(
      project,
      {
        one: {
          mounts: [
            { at, type: 'bind', source, target: '/run/secrets/id', readOnly: true, syntax: 'short' },
            { at, type: 'bind', source: script, target: '/init/start.sh', readOnly: true, syntax: 'short' },
          ],
          variables: { FAKE_FILE: '/run/secrets/id' },
        },
      },
      { stateDirectory: join(closed, 'state'), sharedDirectory: shared },
    );
    try {
      await up(runtime, never, (line) => lines.push(line));
      assert.equal((await ask(runtime, 'one')).file, 'first');
      // Once for both mounts.
      assert.deepEqual(
        lines.filter((line) => line.includes('copy')),
        [`${closed} is closed to the account of one: what is mounted from there is read as a copy (0400)`],
      );
      const [data = ''] = readdirSync(shared);
      const staged = join(shared, data, 'copies', 'one');
      const copyOf = (name: string): string =>
        readdirSync(staged)
          .map((folder) => join(staged, folder, name))
          .find((path) => existsSync(path)) ?? '';
      assert.equal(statSync(copyOf('start.sh')).mode & 0o777, 0o500);
      const copy = copyOf('id');
      assert.deepEqual([statSync(copy).uid, statSync(copy).mode & 0o777], [(await ask(runtime, 'one')).uid, 0o400]);
      assert.equal(statSync(source).uid, 0);
      // A secret that was replaced reaches the service with a reload.
      writeFileSync(source, 'second', { mode: 0o600 });
      await runtime.reload('one');
      assert.equal((await ask(runtime, 'one')).file, 'second');
    } finally {
      await runtime.down({ signal: never, progress: quiet });
    }
  });

  test('moves the data to where the accounts get to it, after the way to it was closed while services ran', async (context) => {
    const project = projectFor(context);
    const mounts = [
      { at, type: 'volume' as const, source: 'data', target: '/data', readOnly: false, syntax: 'short' as const },
    ];
    const services = { one: { mounts }, two: {} };
    const runtime = runtimeOf(project, services);
    await up(runtime);
    await runtime.exec('one', [appending(join(project.state, 'volumes', 'data', 'kept'))], { signal: never });
    const before = await ask(runtime, 'one');
    chmodSync(join(project.directory, '.palisade'), 0o700);

    await assert.rejects(runtime.restart('two', never), (thrown) => {
      assert.ok(thrown instanceof PalisadeError);
      assert.equal(thrown.code, 'runtime/way-closed');
      assert.match(thrown.message, /palisade up moves its data/);
      return true;
    });
    // What can be done in a closed directory all the same is to end what runs there.
    const lines: string[] = [];
    const later = runtimeOf(project, services);
    await up(later, never, (line) => lines.push(line));
    const [data = ''] = readdirSync(join(project.directory, 'shared'));
    const moved = join(project.directory, 'shared', data);
    assert.equal(readFileSync(join(moved, 'volumes', 'data', 'kept'), 'utf8').length > 0, true);
    assert.ok(!existsSync(join(project.state, 'volumes')));
    assert.match(
      lines.join('\n'),
      /\.palisade is closed to the accounts of the services: their data moves to .*shared/,
    );
    assert.match(lines.join('\n'), /one: stopping, because its data has to be moved/);
    const after = await ask(later, 'one');
    assert.notEqual(after.pid, before.pid);
    assert.ok(after.directory.startsWith(moved));
    // A runtime that was opened before the move finds the data where it is now.
    await runtime.restart('two', never);
    assert.ok((await ask(runtime, 'two')).directory.startsWith(moved));
    assert.equal(statSync(join(project.directory, '.palisade')).mode & 0o777, 0o700);
  });

  test('stops what runs where the way was closed', async (context) => {
    const project = projectFor(context);
    const runtime = runtimeOf(project, { one: {} });
    await up(runtime);
    chmodSync(join(project.directory, '.palisade'), 0o700);
    await runtime.down({ signal: never, progress: quiet });
    assert.deepEqual(processesIn(project), []);
  });

  test('says what to do where no other directory is open either, and moves nothing', async (context) => {
    const project = projectFor(context);
    const shut = join(project.directory, 'shut');
    mkdirSync(shut, { mode: 0o700 });
    const runtime = runtimeOf(project, { one: {} }, { sharedDirectory: join(shut, 'shared') });
    await up(runtime);
    chmodSync(join(project.directory, '.palisade'), 0o700);
    await assert.rejects(up(runtime), (thrown) => {
      assert.ok(thrown instanceof PalisadeError);
      assert.equal(thrown.code, 'runtime/way-closed');
      assert.match(thrown.message, /no other directory/);
      assert.match(thrown.next, /chmod o\+x .*\.palisade/);
      return true;
    });
    assert.ok(existsSync(join(project.state, 'services')));
    chmodSync(join(project.directory, '.palisade'), 0o711);
    assert.equal(runtime.endpoint('one', 8080) === undefined, false);
  });

  test('is not led to files of others by links that a service has left', async (context) => {
    const project = projectFor(context);
    const outside = join(project.directory, 'outside');
    mkdirSync(outside, { mode: 0o700 });
    writeFileSync(join(outside, 'shadow'), 'of root', { mode: 0o600 });
    const certificates = join(project.directory, 'certs', 'one');
    const configuration = join(project.directory, 'conf.d');
    for (const directory of [certificates, configuration]) {
      mkdirSync(directory, { recursive: true });
      symlinkSync(join(outside, 'shadow'), join(directory, 'link'));
    }
    writeFileSync(join(configuration, 'plain'), 'closed', { mode: 0o600 });
    const runtime = runtimeOf(project, {
      one: {
        mounts: [...bind('/certs', certificates).mounts, ...bind('/conf.d', configuration).mounts],
        tmpfs: [{ value: '/run', at }],
      },
    });
    await up(runtime);
    const { uid } = await ask(runtime, 'one');
    await runtime.down({ signal: never, progress: quiet });
    const own = join(project.state, 'services', 'one', 'root', 'run');
    rmSync(own, { recursive: true });
    symlinkSync(outside, own);
    await up(runtime);
    await runtime.reload('one');
    assert.deepEqual([statSync(outside).uid, statSync(join(outside, 'shadow')).uid], [0, 0]);
    assert.equal(statSync(own).uid, uid);
    // What is copied for it is the plain file alone, and the copy is nothing that it could lead elsewhere.
    const copies = join(project.state, 'copies', 'one');
    const [copy = '', ...others] = readdirSync(copies);
    assert.deepEqual([readdirSync(join(copies, copy, 'conf.d')), others], [['plain'], []]);
    assert.equal(statSync(join(copies, copy, 'conf.d')).uid, 0);
  });

  test('lets services that share a volume write to it, and nobody else', async (context) => {
    const project = projectFor(context);
    const mounts = [
      { at, type: 'volume' as const, source: 'logs', target: '/logs', readOnly: false, syntax: 'short' as const },
    ];
    const runtime = runtimeOf(project, { one: { mounts }, two: { mounts }, three: {} });
    await up(runtime);
    const file = join(project.state, 'volumes', 'logs', 'audit');
    for (const service of ['one', 'two'])
      assert.equal((await runtime.exec(service, [appending(file)], { signal: never })).stdout, 'ok');
    const refused = await runtime.exec('three', [appending(file)], { signal: never });
    assert.match(refused.stderr, /EACCES/);
  });

  test('runs a program that lies in a closed directory, and leaves the directory as it is', async (context) => {
    const project = projectFor(context);
    const closed = join(project.directory, 'tools');
    const tool = join(closed, 'tool');
    mkdirSync(closed, { mode: 0o700 });
    copyFileSync(process.execPath, tool);
    const services = { web: { variables: { FAKE_PROGRAM: 'tool' } } };
    const before = statSync(tool);
    const runtime = runtimeOf(project, services, { programDirectories: [closed, nodeDirectory] });
    await up(runtime);
    const answer = await ask(runtime, 'web');
    assert.notEqual(answer.uid, 0);
    const mirrored = join(project.state, 'mirrors', 'web', tool);
    assert.equal(statSync(mirrored).ino, before.ino);
    const after = statSync(tool);
    assert.deepEqual([after.uid, after.gid, after.mode], [before.uid, before.gid, before.mode]);
    assert.equal(statSync(closed).mode & 0o777, 0o700);
    // A start that does not need it removes it.
    await runtime.down({ signal: never, progress: quiet });
    await up(runtimeOf(project, { web: {} }));
    assert.ok(!existsSync(mirrored));
  });

  test('leaves out a service whose program would make another user of it', async (context) => {
    const project = projectFor(context);
    const closed = join(project.directory, 'tools');
    mkdirSync(closed, { mode: 0o700 });
    writeFileSync(join(closed, 'tool'), '#!/bin/sh\n');
    chmodSync(join(closed, 'tool'), 0o4755);
    const services = { web: { variables: { FAKE_PROGRAM: 'tool' } } };
    const [status] = await up(runtimeOf(project, services, { programDirectories: [closed] }));
    assert.equal(status?.state, 'left-out');
    assert.match(status.detail ?? '', /\/tools\/tool is closed to its account/);
  });
}
