import { Argument, Command } from '@commander-js/extra-typings';
import { exportProject } from '../../index.ts';
import { fileOption } from '../options.ts';
import { runJob } from '../run.ts';
import { writeResult } from '../terminal.ts';

/** `palisade export <what> [dir]`. */
export const exportCommand = () =>
  new Command('export')
    .description("the gateway's policy in the words of another gateway; prints it and changes nothing")
    .addArgument(
      new Argument('<what>', 'kong: its declaration; kong-conf: its settings').choices(['kong', 'kong-conf'] as const),
    )
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .option('--service <name>', 'the nginx whose policy is wanted, where there is more than one')
    .addHelpText(
      'after',
      `
Examples:
  palisade export kong hardened > kong.yaml
  palisade export kong-conf hardened > kong.conf
  palisade export kong shop --service edge`,
    )
    .action((what, directory, options) =>
      runJob((context) =>
        exportProject({ ...options, what, directory }, { ...context, color: false, result: writeResult }),
      ),
    );
