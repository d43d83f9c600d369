import { Command } from '@commander-js/extra-typings';
import { downProject, restartService, showLogs, statusProject, upProject } from '../../index.ts';
import { collect, countOf, fileOption, probeImageOption, profileOption, runtimeOption } from '../options.ts';
import { runJob } from '../run.ts';
import { writeResult } from '../terminal.ts';

/** `palisade up [dir]`. */
export const upCommand = () =>
  new Command('up')
    .description('run the stack: as host processes on loopback, no engine needed, or in containers')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .addOption(runtimeOption())
    .option('--only <service>', 'start only this service and what it needs; repeat for more', collect)
    .option('--identity <file>', 'age identity that unseals Vault in a hardened stack')
    .addHelpText(
      'after',
      `
Examples:
  palisade up stack
  palisade up hardened --identity ~/.config/age/key.txt
  palisade up --runtime compose
  palisade up --only postgres`,
    )
    .action((directory, options) =>
      runJob((context) => upProject({ ...options, directory }, { ...context, result: writeResult })),
    );

/** `palisade down [dir]`. */
export const downCommand = () =>
  new Command('down')
    .description('stop what palisade up has started, also after a crash')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .addOption(runtimeOption())
    .addHelpText('after', '\nExamples:\n  palisade down stack\n  palisade down --runtime compose')
    .action((directory, options) => runJob((context) => downProject({ ...options, directory }, context)));

/** `palisade status [dir]`. */
export const statusCommand = () =>
  new Command('status')
    .description('which services run, and where they answer')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .addOption(runtimeOption())
    .option('--reach', 'try from inside the networks of containers who reaches whom')
    .addOption(probeImageOption())
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  palisade status stack\n  palisade status --reach\n  palisade status --json | jq .',
    )
    .action((directory, options) =>
      runJob((context) =>
        statusProject({ ...options, directory, json: options.json === true }, { ...context, result: writeResult }),
      ),
    );

/** `palisade restart <service> [dir]`. */
export const restartCommand = () =>
  new Command('restart')
    .description('stop one service and start it again, with the files as they are now')
    .argument('<service>', 'name of the service in the Compose file')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .addOption(runtimeOption())
    .option('--identity <file>', 'age identity that unseals Vault, where that is the service')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  palisade restart nginx hardened\n  palisade restart vault hardened --identity ~/.config/age/key.txt',
    )
    .action((service, directory, options) =>
      runJob((context) =>
        restartService(
          { ...options, service, directory, json: options.json === true },
          { ...context, result: writeResult },
        ),
      ),
    );

/** `palisade logs <service> [dir]`. */
export const logsCommand = () =>
  new Command('logs')
    .description('what a service has written last, without what looks like a secret')
    .argument('<service>', 'name of the service in the Compose file')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .addOption(runtimeOption())
    .option('-n, --lines <count>', 'lines at most', countOf(10_000), 100)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  palisade logs postgres stack\n  palisade logs vault hardened --lines 20\n  palisade logs nginx --json | jq -r .lines[]',
    )
    .action((service, directory, options) =>
      runJob((context) =>
        showLogs({ ...options, service, directory, json: options.json === true }, { ...context, result: writeResult }),
      ),
    );
