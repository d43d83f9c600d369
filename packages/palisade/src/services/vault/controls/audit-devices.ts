import type { Control } from '../../../contracts/control.ts';
import { blocksIn } from '../configuration.ts';
import '../evidence.ts';
import { productOf } from '../matching.ts';
import { fail, judgeAnswers, judgeServers } from '../observe.ts';
import { auditDevices, declaredAuditDevices, productionHardening } from '../references.ts';

/** A device that fails stops every request, unless another one still writes. */
const wanted = 2;

const message = (name: string, count: number): string =>
  count === 0
    ? `${name} records nothing: it has no audit device`
    : `${name} has one audit device, and stops serving when that one fails`;

/** V04: what is done in Vault is recorded, twice. */
export const control: Control<'vault'> = {
  id: 'vault/audit-devices',
  aliases: ['V04'],
  title: 'Vault has two audit devices',
  severity: 'high',
  rationale:
    'Without an audit device nobody can tell who read which secret, and a theft leaves no trace. With only one, a full disk stops every request.',
  fix: 'Declare two audit devices: in OpenBao with `audit` blocks of the configuration, in Vault through `sys/audit`.',
  references: [auditDevices, declaredAuditDevices, productionHardening],
  checklist: ['vault-audit'],
  static: (stack) =>
    judgeServers(stack, {
      *development({ name }, { at }) {
        yield fail(message(name, 0), at, 'audit');
      },
      *configured(service, documents) {
        // Vault keeps its devices in its storage, where only the running server can be asked for them.
        if (productOf(service) !== 'openbao') return;
        const blocks = blocksIn(documents, 'audit', 2);
        const [last] = blocks.toReversed();
        if (blocks.length >= wanted)
          yield { outcome: 'pass', message: `declares ${blocks.length} audit devices`, at: service.at };
        else yield fail(message(service.name, blocks.length), last?.place ?? service.at, 'audit');
      },
    }),
  live: {
    needs: ['vault'],
    assess: (_stack, evidence) =>
      judgeAnswers(
        evidence,
        (answers) => answers.auditDevices,
        (devices, name) =>
          devices.length < wanted
            ? { outcome: 'fail', key: 'audit', message: message(name, devices.length) }
            : { outcome: 'pass', message: `writes to ${devices.map(({ path }) => path).join(' and ')}` },
      ),
  },
};
