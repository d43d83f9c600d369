import { Command } from '@commander-js/extra-typings';
import { runDemo } from '../../index.ts';
import { probeImageOption, runtimeOption } from '../options.ts';
import { runJob } from '../run.ts';
import { columns, wantsColor, writeResult } from '../terminal.ts';

/** `palisade demo`. */
export const demoCommand = () =>
  new Command('demo')
    .description('the main job in one go on the bundled stack: start, assess, harden, restart, attack, compare')
    .option('--keep', 'leave the hardened stack running')
    .addOption(runtimeOption())
    .addOption(probeImageOption())
    .option('--stack <dir>', 'another stack than the bundled one; its hardened copy goes beside it')
    .option('--report <file>', 'where the HTML report goes', 'palisade-report.html')
    .addHelpText(
      'after',
      `
Runs real servers on free loopback ports as unprivileged users, and stops them again. With --runtime compose it runs them
in containers, on the ports that the project publishes, and tries from inside each network whom a service reaches.

Examples:
  palisade demo
  palisade demo --runtime compose
  palisade demo --keep && palisade status .palisade-demo/hardened`,
    )
    .action((options) =>
      runJob((context) =>
        runDemo(
          { ...options, keep: options.keep === true },
          { ...context, color: wantsColor(process.stdout), width: columns(), result: writeResult },
        ),
      ),
    );
