import { Command } from '@commander-js/extra-typings';
import { runDemo } from '../../index.ts';
import { runJob } from '../run.ts';
import { columns, wantsColor, writeResult } from '../terminal.ts';

/** `palisade demo`. */
export const demoCommand = () =>
  new Command('demo')
    .description('the main job in one go on the bundled stack: start, assess, harden, restart, attack, compare')
    .option('--keep', 'leave the hardened stack running')
    .option('--report <file>', 'where the HTML report goes', 'palisade-report.html')
    .addHelpText(
      'after',
      `
Runs real servers on free loopback ports as unprivileged users, and stops them again.

Examples:
  palisade demo
  palisade demo --keep && palisade status .palisade-demo/hardened`,
    )
    .action((options) =>
      runJob((context) =>
        runDemo(
          { keep: options.keep === true, report: options.report },
          { ...context, color: wantsColor(process.stdout), width: columns(), result: writeResult },
        ),
      ),
    );
