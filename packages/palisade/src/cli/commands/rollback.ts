import { Command } from '@commander-js/extra-typings';
import { rollbackProject } from '../../index.ts';
import { runJob } from '../run.ts';

/** `palisade rollback [dir]`. */
export const rollbackCommand = () =>
  new Command('rollback')
    .description('undo the last apply from its journal')
    .argument('[dir]', 'directory that was hardened', '.')
    .option('--force', 'also where files were edited after the apply; those edits are lost')
    .addHelpText(
      'after',
      `
Examples:
  palisade rollback
  palisade rollback hardened`,
    )
    .action((directory, options) =>
      runJob((context) => rollbackProject({ directory, force: options.force === true }, context)),
    );
