import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecOutcome, run } from '../../../src/support/exec.ts';
import { composeProgram, dockerClient, dockerConfiguration, marks, programOf, stateDirectory } from './places.ts';
import { isAlive, markOf, processesNamed, sharesNetwork } from './processes.ts';

export { cacheDirectory, workspace } from './places.ts';

/** How a client of the engine is run. */
export interface ClientOptions {
  readonly directory?: string;
  readonly input?: string;
  /** Added to the environment of the client. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds; 60 000 where absent. */
  readonly timeout?: number;
}

/** An engine of the tests' own, shared by the test files that run at the same time. */
export interface Engine {
  /** Value of DOCKER_HOST. */
  readonly host: string;
  /** The environment in which a client finds this engine, and Compose v2 as its plug-in. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `docker`, whatever its exit code. */
  readonly docker: (args: readonly string[], options?: ClientOptions) => Promise<ExecOutcome>;
  /** Runs `docker` and gives its trimmed output; an exit code other than 0 is an error with what it said. */
  readonly ask: (args: readonly string[], options?: ClientOptions) => Promise<string>;
  /** Lets the engine go; it stops when nobody holds it. */
  readonly close: () => void;
}

/** An engine, or why there is none. */
export type Opened = { readonly engine: Engine } | { readonly missing: string };

/** Why none can be started here, told by looking only; undefined where it is worth a try. */
const obstacle = (): string | undefined => {
  if (process.platform !== 'linux') return `${process.platform} runs no containers of Linux`;
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  for (const program of ['dockerd', 'docker', 'containerd', 'runc', 'iptables'])
    if (programOf(program) === undefined) return `${program} is not installed`;
  if (composeProgram() === undefined) return 'Compose v2 is not installed';
  // Each start flushes the firewall chains that all engines of a machine share, and with them the published ports.
  if (
    !existsSync(marks.keeper) &&
    processesNamed('dockerd').some(sharesNetwork) &&
    process.env['PALISADE_TEST_ENGINE_BESIDE'] !== '1'
  )
    return 'another engine runs on this machine; PALISADE_TEST_ENGINE_BESIDE=1 starts one beside it';
  return undefined;
};

const clientOf = (): Engine => {
  const host = `unix://${marks.socket}`;
  const program = dockerClient();
  const { PATH = '/usr/bin:/bin' } = process.env;
  const environment = { PATH, HOME: stateDirectory, DOCKER_HOST: host, DOCKER_CONFIG: dockerConfiguration };
  const docker: Engine['docker'] = (args, options = {}) =>
    run(program, args, {
      environment: { ...environment, ...options.environment },
      timeout: options.timeout ?? 60_000,
      ...(options.directory === undefined ? {} : { workingDirectory: options.directory }),
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  return {
    host,
    environment,
    docker,
    ask: async (args, options) => {
      const { exitCode, stdout, stderr, timedOut } = await docker(args, options);
      if (exitCode !== 0)
        throw new Error(
          `docker ${args.join(' ')}: ${timedOut ? 'no end in time' : `exit ${exitCode}`}\n${stderr}${stdout}`,
        );
      return stdout.trim();
    },
    close: () => rmSync(join(marks.holders, String(process.pid)), { force: true }),
  };
};

const keeperLives = (): boolean => {
  try {
    return isAlive(readFileSync(marks.keeper, 'utf8'));
  } catch {
    return false;
  }
};

/**
 * Holds the engine of the tests, and starts one where none runs: a `dockerd` with its data below `.cache/containers` and a
 * Unix socket of its own. Never uses an engine that the machine runs already. Bounded: a minute and a half at most.
 */
export const openEngine = async (): Promise<Opened> => {
  const missing = obstacle();
  if (missing !== undefined) return { missing };
  mkdirSync(marks.holders, { recursive: true, mode: 0o700 });
  writeFileSync(join(marks.holders, String(process.pid)), markOf(process.pid));
  const engine = clientOf();
  const started = Date.now();
  let tried = 0;
  while (Date.now() - started < 90_000) {
    if (existsSync(marks.ready) && keeperLives()) {
      process.once('exit', engine.close);
      return { engine };
    }
    if (!keeperLives()) {
      if (tried > 0 && existsSync(marks.failed)) break;
      tried++;
      rmSync(marks.failed, { force: true });
      spawn(process.execPath, ['--conditions=palisade-source', join(import.meta.dirname, 'keeper.ts')], {
        detached: true,
        stdio: 'ignore',
      }).unref();
      await sleep(200);
    }
    await sleep(100);
  }
  engine.close();
  return { missing: existsSync(marks.failed) ? readFileSync(marks.failed, 'utf8') : 'no answer in 90 s' };
};
