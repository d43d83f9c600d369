import type { Control } from '../../contracts/control.ts';
import { removeServiceKey } from '../../model/index.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const weakens = (option: string): boolean => /^seccomp[:=]unconfined$/.test(option);

/** C07: the system call filter stays on. */
export const control: Control<'container'> = {
  id: 'container/seccomp',
  aliases: ['C07'],
  title: 'The system call filter stays on',
  severity: 'high',
  rationale:
    'The default seccomp profile refuses some forty system calls that containers do not need and kernel exploits do.',
  fix: 'Delete `seccomp:unconfined`; where one system call is missing, name a profile that adds it.',
  references: [cisDocker('5.22'), composeService('security_opt')],
  static: askEachService({
    sound: 'keeps its system call filter',
    *faults({ name, securityOpt }, stack) {
      for (const [position, { value, at }] of securityOpt.entries())
        if (weakens(value))
          yield {
            message: `${name} runs without a system call filter`,
            at,
            key: value,
            remedy: removeServiceKey(stack, name, ['security_opt', position]),
          };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      sound: 'the kernel filters its system calls',
      *faults({ process }, { name }) {
        if (process.known && process.value.seccomp === 0)
          yield { message: `the kernel does not filter the system calls of ${name} (Seccomp is 0)` };
      },
    }),
  },
};
