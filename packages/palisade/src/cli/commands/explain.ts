import { Command } from '@commander-js/extra-typings';
import { explainControl } from '../../index.ts';
import { runJob } from '../run.ts';
import { columns, wantsColor, writeResult } from '../terminal.ts';

/** `palisade explain <control>`. */
export const explainCommand = () =>
  new Command('explain')
    .description('why a control exists, how to satisfy it, and who asks for it')
    .argument('[control]', 'id or catalogue code; all controls are listed without one')
    .addHelpText(
      'after',
      '\nExamples:\n  palisade explain\n  palisade explain network/loopback-only\n  palisade explain C02',
    )
    .action((control) =>
      runJob(async () => {
        await writeResult(await explainControl(control, { color: wantsColor(process.stdout), width: columns() }));
        return 0;
      }),
    );
