import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ComposeEdit, FileWrite } from '../../../contracts/change.ts';
import type { Layout, ProbeTarget, ProcessCommand, ProcessContext } from '../../../contracts/service-kind.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { applyComposeEdits, loadStack } from '../../../model/index.ts';
import { run } from '../../../support/exec.ts';
import { retry } from '../../../support/retry.ts';
import { kind } from '../index.ts';
import { processCapability } from '../process.ts';
import { neighbour } from './project.ts';

/** A port that nobody listens on at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

/** The account that runs the server: `postgres` for root, else the one that runs the test. */
const accountOf = (): { readonly uid: number; readonly gid: number } => {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  if (uid !== 0) return { uid, gid };
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'));
  const [, , user, group] = line?.split(':') ?? [];
  assert.ok(user, 'these tests need PostgreSQL: install the package postgresql-15 and postgresql-15-pgaudit');
  return { uid: Number(user), gid: Number(group) };
};

/** A small project on disk, and its server, which survives from one posture to the other. */
export interface TestHost extends AsyncDisposable {
  readonly directory: string;
  readonly port: number;
  readonly write: (path: string, content: string, mode?: number) => Promise<void>;
  readonly load: () => Promise<{ readonly stack: Stack; readonly service: Service }>;
  readonly apply: (changes: readonly (FileWrite | ComposeEdit)[]) => Promise<void>;
  /** Starts the server in the posture that the files have now. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly reload: () => void;
  readonly target: (authorities?: string) => Promise<ProbeTarget & { readonly exec: NonNullable<ProbeTarget['exec']> }>;
  /** Everything that the server has written: its output and its log files. */
  readonly logs: () => Promise<string>;
}

/** Makes the directory; `vaultPort` stands for `vault:8200`. */
export const createTestHost = async (vaultPort: () => number): Promise<TestHost> => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-pg-'));
  await chmod(directory, 0o755);
  const account = accountOf();
  const port = await freePort();
  const state = join(directory, 'state');
  const output = join(directory, 'output');
  for (const path of [state, join(state, 'data')]) {
    await mkdir(path, { mode: 0o700 });
    await chown(path, account.uid, account.gid);
  }
  let child: ChildProcess | undefined;

  const load = async (): Promise<{ stack: Stack; service: Service }> => {
    const kinds = [kind, neighbour('pgbouncer'), neighbour('reference-api'), neighbour('worker')];
    const stack = await loadStack({ directory, environment: {}, kinds });
    const service = stack.services.get('postgres');
    assert.ok(service);
    return { stack, service };
  };

  const contextOf = async (): Promise<ProcessContext> => {
    const { stack, service } = await load();
    const places = [
      ...service.mounts.map(
        (mount) => [mount.target, mount.type === 'volume' ? join(state, 'data') : (mount.source ?? '')] as const,
      ),
      ...service.secrets.map((grant) => [grant.target, stack.secrets.get(grant.source)?.file ?? ''] as const),
    ].toSorted(([a], [b]) => b.length - a.length);
    const path = (container: string): string => {
      const place = places.find(([target]) => container === target || container.startsWith(`${target}/`));
      return place === undefined ? join(state, 'root', container) : place[1] + container.slice(place[0].length);
    };
    const text = (content: string): string =>
      content
        .replaceAll(/(?<![\w.])(\/[\w./-]+)/g, (found) =>
          places.some(([target]) => found === target || found.startsWith(`${target}/`)) ? path(found) : found,
        )
        .replaceAll('vault:8200', `localhost:${vaultPort()}`);
    const layout: Layout = { stateDirectory: state, path, port: () => port, text };
    const environment = Object.fromEntries(
      [...service.environment].flatMap(([name, { value }]) => (value === null ? [] : [[name, text(value)]])),
    );
    return {
      stack,
      service,
      layout,
      environment,
      program: (name) => ['/usr/bin', '/bin'].map((bin) => join(bin, name)).find(existsSync),
      reachable: () => Promise.resolve((program) => program),
      account,
    };
  };

  const privileges = process.getuid?.() === 0 ? account : {};
  const execute = (command: ProcessCommand, input: string, signal?: AbortSignal) =>
    run(command.program, command.args, {
      environment: command.environment,
      input,
      timeout: 60_000,
      workingDirectory: state,
      ...privileges,
      ...(signal === undefined ? {} : { signal }),
    });

  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => void running.once('exit', resolve));
    running.kill('SIGINT');
    const timer = setTimeout(() => running.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  };

  return {
    directory,
    port,
    load,
    stop,
    write: async (path, content, mode = 0o644) => {
      const absolute = join(directory, path);
      await mkdir(dirname(absolute), { recursive: true });
      await writeFile(absolute, content, { mode });
      await chmod(absolute, mode);
      if (mode === 0o600 || mode === 0o400) await chown(absolute, account.uid, account.gid);
    },
    apply: async (changes) => {
      const edits = changes.filter((change) => change.kind === 'compose-edit');
      const compose = join(directory, 'compose.yaml');
      await writeFile(compose, applyComposeEdits(await readFile(compose, 'utf8'), edits));
      for (const change of changes)
        if (change.kind === 'file-write') {
          await mkdir(dirname(join(directory, change.path)), { recursive: true });
          await writeFile(join(directory, change.path), change.content, { mode: change.mode });
        }
    },
    start: async () => {
      const plan = await processCapability.plan(await contextOf());
      for (const step of plan.prepare) {
        if (step.unless !== undefined && existsSync(step.unless)) continue;
        const outcome = await execute(step, step.input ?? '');
        assert.equal(outcome.exitCode, 0, `${step.program}: ${outcome.stdout}${outcome.stderr}`);
      }
      const log = await open(output, 'a', 0o600);
      child = spawn(plan.run.program, plan.run.args, {
        env: { ...plan.run.environment },
        cwd: state,
        stdio: ['ignore', log.fd, log.fd],
        ...privileges,
      });
      await log.close();
      try {
        await retry(plan.ready, { within: 20_000 });
      } catch (thrown) {
        await stop();
        throw new Error(await readFile(output, 'utf8'), { cause: thrown });
      }
    },
    reload: () => void child?.kill('SIGHUP'),
    target: async (authorities) => {
      const context = await contextOf();
      return {
        stack: context.stack,
        service: context.service,
        endpoint: () => ({ host: '127.0.0.1', port }),
        ...(authorities === undefined ? {} : { authorities }),
        exec: async (command, input, signal) => {
          assert.ok(processCapability.client);
          return execute(processCapability.client(context, command), input, signal);
        },
      };
    },
    logs: async () => {
      const folder = join(state, 'data', 'log');
      const collected = existsSync(folder)
        ? await run('/bin/sh', ['-c', 'cat "$1"/*', 'cat', folder], { timeout: 10_000 })
        : undefined;
      assert.ok(statSync(output));
      return `${await readFile(output, 'utf8')}${collected?.stdout ?? ''}`;
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
