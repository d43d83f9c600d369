import { Command, Option } from '@commander-js/extra-typings';
import { verifyAuditLogs } from '../../index.ts';
import { collect } from '../options.ts';
import { runJob } from '../run.ts';
import { wantsColor, writeResult } from '../terminal.ts';

const verifyCommand = () =>
  new Command('verify')
    .description('tell whether audit logs were changed, how, and from which record on')
    .argument('[dir]', 'directory of a log, or one that holds several', '.')
    .option(
      '--checkpoint <file>',
      'checkpoints that were kept where the log cannot be written; repeat for more',
      collect,
    )
    .option('--key <file>', 'public key that signs checkpoints; repeat for more', collect)
    .option('--remember <file>', 'compare with what the last run saw, and remember what this one saw')
    .addOption(new Option('--format <format>', 'table or json').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
A log alone shows edits, deletions, insertions and another order. A cut end, a chain that was computed anew and a log that
was put back show only against a checkpoint from elsewhere; each run says what it could not have seen.

Exit codes: 0 clean, 1 tampering found, 2 usage, 3 could not determine.

Examples:
  palisade audit verify /var/log/shop/audit
  palisade audit verify audit --key audit-key.pem --checkpoint off-box/checkpoints.jsonl
  palisade audit verify audit --remember ~/.local/state/palisade/audit.jsonl
  palisade audit verify audit --format json | jq '.logs[].findings'`,
    )
    .action((directory, options) =>
      runJob((context) =>
        verifyAuditLogs(
          { ...options, directory, json: options.format === 'json' },
          { ...context, color: wantsColor(process.stdout), result: writeResult },
        ),
      ),
    );

/** `palisade audit`. */
export const auditCommand = () =>
  new Command('audit')
    .description('what was recorded, and whether it still is')
    .addCommand(verifyCommand())
    .addHelpText('after', '\nExamples:\n  palisade audit verify audit --remember ~/.local/state/palisade/audit.jsonl');
