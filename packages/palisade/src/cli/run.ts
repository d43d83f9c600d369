import { type ExitCode, type JobContext, PalisadeError, systemContext } from '../index.ts';
import { wantsColor, writeProgress } from './terminal.ts';

/** Ctrl-C and kill end a job in order: it gets the signal, cleans up, and the process ends with 128 + the signal's number. */
const interrupts = { SIGINT: 130, SIGTERM: 143 } as const;

/** Shows an error as what happened and what to do next; whatever is not ours gets one line too, never a stack trace. */
const explain = (thrown: unknown): ExitCode => {
  const [start, end] = wantsColor(process.stderr) ? ['\u001b[31m', '\u001b[39m'] : ['', ''];
  if (thrown instanceof PalisadeError) {
    writeProgress(`${start}error${end} ${thrown.code}: ${thrown.message}`);
    writeProgress(`  → ${thrown.next}`);
    return thrown.exit;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  writeProgress(`${start}error${end} internal: ${message}`);
  writeProgress(
    '  → this is a fault of Palisade; nothing more was changed. Please report it with the command that led to it',
  );
  return 3;
};

/**
 * Runs the job of one command: hands it the outside world and a signal, and turns its end into the exit code. The exit
 * code is set, not forced, so that what was written still reaches a slow pipe.
 */
export const runJob = async (job: (context: JobContext) => Promise<ExitCode>): Promise<void> => {
  const controller = new AbortController();
  let interrupted: keyof typeof interrupts | undefined;
  const handlers = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const handler = (): void => {
      if (interrupted !== undefined) return;
      interrupted = name;
      writeProgress('stopping; what was started is being ended');
      controller.abort(new Error(`interrupted by ${name}`));
    };
    process.on(name, handler);
    return { name, handler };
  });
  try {
    process.exitCode = await job(systemContext(controller.signal, writeProgress));
  } catch (thrown) {
    process.exitCode = interrupted === undefined ? explain(thrown) : interrupts[interrupted];
  } finally {
    for (const { name, handler } of handlers) process.removeListener(name, handler);
  }
  if (interrupted !== undefined) process.exitCode = interrupts[interrupted];
};
