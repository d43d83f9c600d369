import type { Control } from '../../../contracts/control.ts';
import type { Service } from '../../../contracts/stack.ts';
import { type ConfigurationDocument, settingOf } from '../configuration.ts';
import '../evidence.ts';
import { asBoolean } from '../hcl/read.ts';
import { productOf } from '../matching.ts';
import { swapRoom } from '../memory.ts';
import { fail, judgeAnswers, judgeServers, some } from '../observe.ts';
import { productionHardening } from '../references.ts';

/** True where the server locks its memory: Vault alone can, and only with the capability and without `disable_mlock`. */
const locksMemory = (service: Service, documents: readonly ConfigurationDocument[]): boolean => {
  const disabled = settingOf(documents, 'disable_mlock');
  return (
    productOf(service) === 'vault' &&
    (disabled === undefined || asBoolean(disabled.value) === false) &&
    service.capAdd.some(({ value }) => /^(?:CAP_)?(?:IPC_LOCK|ALL)$/i.test(value))
  );
};

/** V11: the server's memory does not go to the disk. */
export const control: Control<'vault'> = {
  id: 'vault/no-swap',
  aliases: ['V11'],
  title: 'The memory of Vault is never written to swap',
  severity: 'medium',
  rationale:
    'Vault holds keys and secrets in the clear in its memory. What the kernel swaps out stays on the disk, readable for whoever gets the disk, long after the server has stopped.',
  fix: 'Set memswap_limit to the memory limit of the container, or switch swap off on the host. Locking memory instead is not for raft storage, which maps its whole database.',
  references: [
    productionHardening,
    {
      source: 'Compose specification',
      section: 'memswap_limit',
      url: 'https://docs.docker.com/reference/compose-file/services/#memswap_limit',
    },
  ],
  static: (stack) =>
    judgeServers(stack, {
      *development({ name }, { at }) {
        yield fail(`${name} is a development server, and its memory may be swapped out`, at, 'swap');
      },
      *configured(service, documents) {
        if (locksMemory(service, documents)) {
          yield { outcome: 'pass', message: 'locks its memory', at: service.at };
          return;
        }
        const room = swapRoom(stack, service);
        if (room.state === 'none') yield { outcome: 'pass', message: 'may not swap', at: room.at };
        else if (room.state === 'unknown')
          yield { outcome: 'unknown', message: 'memswap_limit is not written as a number', at: room.at };
        else
          yield fail(
            `${service.name} does not lock its memory and may swap`,
            settingOf(documents, 'disable_mlock')?.place ?? room.at,
            'swap',
          );
      },
    }),
  live: {
    needs: ['vault'],
    assess: (stack, evidence) =>
      judgeAnswers(
        evidence,
        (answers) => answers.swap,
        (devices, name) => {
          if (devices.length === 0) return { outcome: 'pass', message: 'the host has no swap' };
          const service = stack.services.get(name);
          return service !== undefined && swapRoom(stack, service).state === 'none'
            ? { outcome: 'pass', message: `the host swaps to ${some(devices)}, but the container may not` }
            : { outcome: 'fail', key: 'swap', message: `the host of ${name} swaps to ${some(devices)}` };
        },
        stack,
      ),
  },
};
