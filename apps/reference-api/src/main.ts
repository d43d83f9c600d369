import { parseCommand } from './commands/arguments.ts';
import { runCommand } from './commands/run.ts';
import { parseConfiguration } from './configuration/parse.ts';
import { StartError, messageOf } from './errors.ts';
import { start } from './start/start.ts';

/** Milliseconds that requests under way are given after SIGTERM; Compose kills after ten seconds. */
const drainWithin = 7_000;

const say = (text: string): void => {
  process.stderr.write(`reference-api: ${text}\n`);
};

const serve = async (): Promise<void> => {
  const service = await start(parseConfiguration(process.env));
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void service.stop(drainWithin).finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    service.reload().catch((error: unknown) => say(`reload failed, what was read before stays: ${messageOf(error)}`));
  });
};

try {
  const words = process.argv.slice(2);
  if (words.length === 0) await serve();
  else
    await runCommand(parseCommand(words), parseConfiguration(process.env), {
      input: process.stdin,
      write: (text) => process.stdout.write(text),
      say,
    });
} catch (error) {
  if (error instanceof StartError) say(`${error.code}: ${error.message}\n  ${error.next}`);
  else say(`unexpected: ${messageOf(error)}`);
  process.exit(error instanceof StartError ? error.exitCode : 3);
}
