import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../support/errors.ts';
import { type ExecOutcome, run } from '../../support/exec.ts';
import { error } from './errors.ts';

/** How to call one of the engine's programs. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
  readonly input?: string;
  readonly workingDirectory?: string;
  /** Bytes kept of each stream. */
  readonly limit?: number;
}

/** The programs of a container engine. */
export interface Engine {
  /** Runs `docker` and resolves whatever its exit code. Rejects with `compose/no-client` or `compose/no-engine`. */
  readonly docker: (args: readonly string[], options: CallOptions) => Promise<ExecOutcome>;
  /** Runs Compose: the plugin, else `docker-compose`. Rejects as `docker` does, and with `compose/no-compose`, `compose/too-old`. */
  readonly compose: (args: readonly string[], options: CallOptions) => Promise<ExecOutcome>;
  /** As `docker`, and waits in place: for the few questions that have to be answered at once. Undefined where it fails. */
  readonly dockerNow: (args: readonly string[]) => string | undefined;
}

/** What an engine is made from. */
export interface EngineOptions {
  readonly programDirectories: readonly string[];
  /** Handed to the programs: it says where the engine is (`DOCKER_HOST`) and what Compose interpolates. */
  readonly environment: { readonly [name: string]: string | undefined };
}

/** Milliseconds for a question that a living engine answers at once. */
const QUESTION = 10_000;

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const find = (name: string, directories: readonly string[]): string | undefined =>
  directories.map((directory) => join(directory, name)).find(isProgram);

/** The line of an output that says what went wrong: the last one that is not empty. */
export const reasonOf = ({ stdout, stderr, exitCode, timedOut }: ExecOutcome): string => {
  if (timedOut) return 'it did not end in time and was killed';
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  const said = lines.filter(
    (line) => line !== '' && !/^(?:time=\S+ level=warning|See '|Error: failed to start containers:)/.test(line),
  );
  return said.findLast((line) => /error|cannot|failed|denied/i.test(line)) ?? said.at(-1) ?? `exit code ${exitCode}`;
};

/** How Compose 1.29 begins when it refuses a file. */
const isRefused =
  /The Compose file .* is invalid because|Unsupported config option|Additional properties are not allowed/;

const complaintsIn = (text: string): string => {
  const lines = text
    .split('\n')
    .filter((line) => /Unsupported|Additional properties|is invalid|contains|does not match/.test(line));
  return lines
    .filter((line) => !line.startsWith('The Compose file'))
    .slice(0, 3)
    .map((line) => line.trim())
    .join('; ');
};

/** Asks once and keeps the answer; a failure is not kept, for the engine may be started meanwhile. */
const kept = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let answer: Promise<T> | undefined;
  return () =>
    (answer ??= ask().catch((thrown: unknown) => {
      answer = undefined;
      throw thrown;
    }));
};

/** The engine of this machine. Nothing is asked of it before the first call. */
export const openEngine = ({ programDirectories, environment }: EngineOptions): Engine => {
  const variables = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const client = find('docker', programDirectories);

  const call = (program: string, args: readonly string[], options: CallOptions): Promise<ExecOutcome> =>
    run(program, args, { environment: variables, ...options });

  const answeringClient = kept(async (): Promise<string> => {
    if (client === undefined) throw error('compose/no-client', { searched: programDirectories.length });
    const outcome = await call(client, ['version', '--format', '{{.Server.Version}}'], { timeout: QUESTION });
    if (outcome.exitCode !== 0) throw error('compose/no-engine', { why: reasonOf(outcome) });
    return client;
  });

  const composeCommand = kept(async (): Promise<readonly [string, ...string[]]> => {
    const docker = await answeringClient();
    const plugin = await call(docker, ['compose', 'version', '--short'], { timeout: QUESTION });
    if (plugin.exitCode === 0) return [docker, 'compose'];
    const standalone = find('docker-compose', programDirectories);
    if (standalone === undefined) throw error('compose/no-compose', { why: reasonOf(plugin) });
    return [standalone];
  });

  return {
    docker: async (args, options) => call(await answeringClient(), args, options),
    compose: async (args, options) => {
      const [program, ...first] = await composeCommand();
      const outcome = await call(program, [...first, ...args], options);
      // The first generation refuses a project as a whole for one key that it does not know.
      if (outcome.exitCode !== 0 && first.length === 0 && isRefused.test(outcome.stderr)) {
        const { stdout } = await call(program, ['version', '--short'], { timeout: QUESTION });
        const why = complaintsIn(outcome.stderr);
        if (stdout.startsWith('1.')) throw error('compose/too-old', { version: stdout.trim(), why });
      }
      return outcome;
    },
    dockerNow: (args) => {
      if (client === undefined) return undefined;
      const { status, stdout } = spawnSync(client, args, {
        env: variables,
        encoding: 'utf8',
        timeout: QUESTION,
        maxBuffer: 16 * 1024 * 1024,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return status === 0 ? stdout : undefined;
    },
  };
};

/** What engines say when their pools of addresses are used up, older ones and newer ones. */
const isOutOfAddresses = /non-overlapping IPv4 address pool|address pools have been fully subnetted/;

/** The address that somebody else has, in the words of the engine's proxy and of its own list of ports. */
const takenAddress =
  /(?:Bind for |listen (?:tcp|udp)[46]? )(\S+:\d+)(?: failed)?: (?:port is already allocated|bind: address already in use)/;

/** Where newer engines name no address before the reason. */
const isTaken = /port is already allocated|address already in use/;

/**
 * The standard output of a command that has to go well.
 *
 * @throws `compose/no-addresses`, `compose/port-taken`, `compose/disk-full`, and `compose/command-failed` for any other
 * failure, with the engine's own reason
 */
export const succeed = async (what: string, outcome: Promise<ExecOutcome>): Promise<string> => {
  const ended = await outcome;
  if (ended.exitCode === 0) return ended.stdout;
  const why = reasonOf(ended);
  const text = `${ended.stdout}\n${ended.stderr}`;
  const address = takenAddress.exec(text)?.[1] ?? (isTaken.test(text) ? 'a port that it publishes' : undefined);
  if (address !== undefined) throw error('compose/port-taken', { what, address });
  if (/no space left on device/i.test(text)) throw error('compose/disk-full', { what, why });
  throw error(isOutOfAddresses.test(why) ? 'compose/no-addresses' : 'compose/command-failed', { what, why });
};

/**
 * Parses what a command printed.
 *
 * @throws `compose/answer-unreadable`
 */
export const readAnswer = <T>(what: string, text: string, parse: (value: unknown) => T): T => {
  try {
    return parse(JSON.parse(text));
  } catch (thrown) {
    // Messages of the JSON parser quote the text, which may hold a container's environment.
    const why = thrown instanceof SyntaxError ? 'it is no JSON' : messageOf(thrown);
    throw error('compose/answer-unreadable', { what, why });
  }
};
