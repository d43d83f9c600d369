import { Command, Option } from '@commander-js/extra-typings';
import { verifyProject } from '../../index.ts';
import { fileOption, probeImageOption, profileOption, runtimeOption } from '../options.ts';
import { runJob } from '../run.ts';
import { wantsColor, writeResult } from '../terminal.ts';

/** `palisade verify [dir]`. */
export const verifyCommand = () =>
  new Command('verify')
    .description("try to break into the running services: the live controls from the attacker's side")
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .addOption(runtimeOption())
    .addOption(probeImageOption())
    .addOption(new Option('--format <format>', 'table or json').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Nothing is changed or destroyed, and only this machine's own addresses are tried: loopback, and those of the project's
containers. Of a stack in containers a matrix says which service reaches which, tried from inside its networks.

Examples:
  palisade verify hardened
  palisade verify --runtime compose --probe-image busybox
  palisade verify --format json | jq '.attacks[] | select(.result == "accepted")'`,
    )
    .action((directory, options) =>
      runJob((context) =>
        verifyProject(
          { ...options, directory, json: options.format === 'json' },
          { ...context, color: wantsColor(process.stdout), result: writeResult },
        ),
      ),
    );
