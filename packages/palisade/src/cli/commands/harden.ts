import { Command } from '@commander-js/extra-typings';
import { hardenProject } from '../../index.ts';
import { fileOption, profileOption } from '../options.ts';
import { runJob } from '../run.ts';
import { wantsColor, writeResult } from '../terminal.ts';

/** `palisade harden [dir]`. */
export const hardenCommand = () =>
  new Command('harden')
    .description('plan, preview and apply the production posture')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .option('--dry-run', 'show the plan and change nothing')
    .option('--out <dir>', 'where the hardened copy goes', 'hardened')
    .option('--in-place', "edit the project's own files; the originals are kept for palisade rollback")
    .addHelpText(
      'after',
      `
Examples:
  palisade harden --dry-run             the plan as a diff
  palisade harden                       a hardened copy in ./hardened
  palisade harden shop --out shop-prod
  palisade harden --in-place            then: palisade rollback`,
    )
    .action((directory, options) =>
      runJob((context) =>
        hardenProject(
          { ...options, directory, dryRun: options.dryRun === true, inPlace: options.inPlace === true },
          { ...context, color: wantsColor(process.stdout), result: writeResult },
        ),
      ),
    );
