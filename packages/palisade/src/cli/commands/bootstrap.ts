import { Command } from '@commander-js/extra-typings';
import { bootstrapProject, unsealProject } from '../../index.ts';
import { collect, runtimeOption } from '../options.ts';
import { runJob } from '../run.ts';

/** `palisade bootstrap [dir]`. */
export const bootstrapCommand = () =>
  new Command('bootstrap')
    .description(
      'from an empty production Vault to a working hardened stack: keys, PKI, policies, AppRoles, secrets, certificates',
    )
    .argument('[dir]', 'hardened project directory', '.')
    .addOption(runtimeOption())
    .option(
      '--recipient <age1…>',
      'age recipient that gets the unseal shares; repeat for more (default: palisade.yaml)',
      collect,
    )
    .option('--identity <file>', 'age identity that opens the shares of an earlier run')
    .option('--demo-identity', 'make an identity here where no recipient is given; for trying out only')
    .addHelpText(
      'after',
      `
Unseal shares and keys never reach the disk in plain text. Running it again changes nothing; an interrupted run continues.

Examples:
  palisade bootstrap hardened --recipient age1…
  palisade bootstrap hardened --identity ~/.config/age/key.txt`,
    )
    .action((directory, options) =>
      runJob((context) =>
        bootstrapProject({ ...options, directory, demoIdentity: options.demoIdentity === true }, context),
      ),
    );

/** `palisade unseal [dir]`. */
export const unsealCommand = () =>
  new Command('unseal')
    .description('unseal Vault after a restart')
    .argument('[dir]', 'hardened project directory', '.')
    .addOption(runtimeOption())
    .requiredOption('--identity <file>', 'age identity that opens the shares')
    .addHelpText(
      'after',
      `
Examples:
  palisade unseal hardened --identity ~/.config/age/key.txt`,
    )
    .action((directory, options) => runJob((context) => unsealProject({ ...options, directory }, context)));
