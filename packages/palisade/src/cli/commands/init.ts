import { Command } from '@commander-js/extra-typings';
import { initProject } from '../../index.ts';
import { runJob } from '../run.ts';

/** `palisade init [dir]`. */
export const initCommand = () =>
  new Command('init')
    .description('write a commented palisade.yaml')
    .argument('[dir]', 'project directory', '.')
    .addHelpText('after', '\nExamples:\n  palisade init')
    .action((directory) => runJob((context) => initProject({ directory }, context)));
