import type { Control } from '../../../contracts/control.ts';
import { blocksIn } from '../configuration.ts';
import '../evidence.ts';
import { asBoolean, blocksOf, entryOf } from '../hcl/read.ts';
import { fail, judgeAnswers, judgeServers, some } from '../observe.ts';
import { auditDevices } from '../references.ts';

/** V06: audit records hold no secret in the clear. */
export const control: Control<'vault'> = {
  id: 'vault/audit-hashed',
  aliases: ['V06'],
  title: 'Audit devices hash what is secret',
  severity: 'high',
  rationale:
    'With log_raw the audit log holds every token and every secret that was ever read, in a file that log collectors copy everywhere.',
  fix: 'Remove the audit device and create it again without log_raw, then rotate what its log holds and destroy the log.',
  references: [auditDevices],
  checklist: ['vault-audit'],
  static: (stack) =>
    judgeServers(stack, {
      *development(_service, { at }) {
        yield { outcome: 'not-applicable', message: 'a development server declares no audit device', at };
      },
      *configured({ name, at }, documents) {
        const devices = blocksIn(documents, 'audit', 2);
        let raw = 0;
        for (const device of devices)
          for (const options of blocksOf(device.body, 'options', 0)) {
            const entry = entryOf(options.body, 'log_raw');
            if (entry === undefined || asBoolean(entry.value) === false) continue;
            raw += 1;
            const path = device.labels[1] ?? '';
            yield fail(
              `${name} writes secrets in the clear to its audit device ${path}`,
              device.locate(entry.at),
              path,
            );
          }
        if (devices.length === 0)
          yield { outcome: 'not-applicable', message: 'the configuration declares no audit device', at };
        else if (raw === 0) yield { outcome: 'pass', message: 'hashes what is secret in its audit records', at };
      },
    }),
  live: {
    needs: ['vault'],
    assess: (_stack, evidence) =>
      judgeAnswers(
        evidence,
        (answers) => answers.auditDevices,
        (devices, name) => {
          const raw = devices.filter((device) => device.raw).map(({ path }) => path);
          if (devices.length === 0) return { outcome: 'not-applicable', message: 'there is no audit device' };
          return raw.length > 0
            ? { outcome: 'fail', message: `${name} writes secrets in the clear to ${some(raw)}` }
            : { outcome: 'pass', message: 'hashes what is secret in its audit records' };
        },
      ),
  },
};
