import { Command } from '@commander-js/extra-typings';
import { assessProject, render, writeReport } from '../../index.ts';
import { fileOption, formatOption, outputOption, profileOption, thresholdOption } from '../options.ts';
import { runJob } from '../run.ts';
import { columns, wantsColor, writeProgress, writeResult } from '../terminal.ts';

/** `palisade assess [dir]`. */
export const assessCommand = () =>
  new Command('assess')
    .description('the posture: findings with file and line, and the 21-item checklist')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(profileOption())
    .option('--live', 'ask the running services too')
    .option('--baseline <file>', 'JSON report of an earlier run; only what is new counts')
    .addOption(thresholdOption())
    .addOption(formatOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  palisade assess                                  table of the project in this directory
  palisade assess shop -f compose.yaml -f prod.yaml
  palisade assess --live --format json | jq '.findings[] | select(.outcome == "fail")'
  palisade assess --format html -o report.html
  palisade assess --baseline last.json             exit 1 only for what is new`,
    )
    .action((directory, options) =>
      runJob(async (context) => {
        const { assessment, exitCode } = await assessProject(
          { ...options, directory, live: options.live === true },
          context,
        );
        const text = await render(options.format, assessment, {
          color: options.output === undefined && wantsColor(process.stdout),
          width: columns(),
        });
        if (options.output === undefined) await writeResult(text);
        else {
          await writeReport(options.output, text);
          writeProgress(`wrote ${options.output}`);
        }
        return exitCode;
      }),
    );
