import { type ChildProcess, spawn } from 'node:child_process';
import type { ProcessCommand } from '../../contracts/service-kind.ts';
import { messageOf } from '../../support/errors.ts';
import type { Account } from './accounts.ts';
import { openLog } from './logs.ts';
import { type ProcessIdentity, identify } from './processes.ts';

/** A started program. */
export interface Launched {
  readonly identity: ProcessIdentity | undefined;
  /** Resolves to how it ended: `exit code 1`, `signal SIGKILL`, or why it could not be started. */
  readonly ended: Promise<Ended>;
  /** Lets this process end although the program still runs. */
  readonly release: () => void;
}

/** How a program ended; `code` is undefined where a signal ended it or it never ran. */
export interface Ended {
  readonly code: number | undefined;
  readonly why: string;
}

/** How to start a program. */
export interface LaunchOptions {
  readonly account: Account;
  /** True where this process may change to the account. */
  readonly privileged: boolean;
  readonly workingDirectory: string;
  readonly log: string;
  /** Text for standard input; the null device where absent. */
  readonly input?: string;
}

/**
 * Starts a program in a session of its own, its output appended to the log by itself, its environment exactly the
 * command's. Once released it outlives this process. Supplementary groups are dropped with the change of the account.
 */
export const launch = async (command: ProcessCommand, options: LaunchOptions): Promise<Launched> => {
  const log = await openLog(options.log);
  try {
    const child = spawn(command.program, command.args, {
      env: { ...command.environment },
      cwd: command.workingDirectory ?? options.workingDirectory,
      ...(options.privileged ? { uid: options.account.uid, gid: options.account.gid } : {}),
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', log.fd, log.fd],
    });
    const ended = endOf(child);
    if (options.input !== undefined) {
      // A program that ends before it has read everything closes the pipe; its exit code tells the story.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(options.input);
    }
    return {
      identity: child.pid === undefined ? undefined : identify(child.pid),
      ended,
      release: () => child.unref(),
    };
  } finally {
    await log.close();
  }
};

const endOf = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    child.once('error', (thrown) => resolve({ code: undefined, why: `it could not be started: ${messageOf(thrown)}` }));
    child.once('exit', (code, signal) =>
      resolve(
        code === null
          ? { code: undefined, why: `it was ended by ${signal ?? 'a signal'}` }
          : { code, why: `it ended with exit code ${code}` },
      ),
    );
  });
