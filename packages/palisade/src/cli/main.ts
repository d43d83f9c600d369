import { Command, CommanderError } from '@commander-js/extra-typings';
import { version } from '../index.ts';
import { assessCommand } from './commands/assess.ts';
import { auditCommand } from './commands/audit.ts';
import { bootstrapCommand, unsealCommand } from './commands/bootstrap.ts';
import { demoCommand } from './commands/demo.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { firewallCommand } from './commands/firewall.ts';
import { hardenCommand } from './commands/harden.ts';
import { initCommand } from './commands/init.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { downCommand, logsCommand, restartCommand, statusCommand, upCommand } from './commands/runtime.ts';
import { verifyCommand } from './commands/verify.ts';

// A reader that has seen enough (`| head`) closes the pipe; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const program = new Command('palisade')
  .description(
    'Takes a Docker Compose service stack from its development posture to a production one, and proves each step by attacking the running services.',
  )
  .version(version)
  .showHelpAfterError('(add --help for what the command takes, with examples)')
  .addHelpText(
    'after',
    `
Exit codes: 0 clean, 1 findings at or above the threshold, 2 usage or configuration, 3 could not determine.

Examples:
  palisade assess                    the posture of the project in this directory
  palisade harden --dry-run          what would change, as a diff
  palisade harden --out hardened     a hardened copy
  palisade demo                      the whole of it on the bundled stack`,
  );

for (const command of [
  assessCommand(),
  hardenCommand(),
  rollbackCommand(),
  bootstrapCommand(),
  unsealCommand(),
  upCommand(),
  downCommand(),
  statusCommand(),
  restartCommand(),
  logsCommand(),
  verifyCommand(),
  auditCommand(),
  firewallCommand(),
  exportCommand(),
  explainCommand(),
  initCommand(),
  demoCommand(),
])
  program.addCommand(command.copyInheritedSettings(program));

// Commander's own exit codes say 1 for wrong usage; here 1 means findings.
const settle = (command: {
  exitOverride: (callback: (error: CommanderError) => never) => unknown;
  commands: readonly unknown[];
}): void => {
  command.exitOverride((error) => {
    throw error;
  });
};
settle(program);
for (const command of program.commands) {
  settle(command);
  for (const part of command.commands) settle(part);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
