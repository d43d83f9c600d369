import type { Control } from '../../contracts/control.ts';
import { appendToServiceKey, setServiceKey } from '../../model/index.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const isOption = (option: string): boolean => /^no-new-privileges(?:[:=]|$)/.test(option);

/** C05: no process of a container gains privileges through a set-user-id program. */
export const control: Control<'container'> = {
  id: 'container/no-new-privileges',
  aliases: ['C05'],
  title: 'Processes cannot gain privileges',
  severity: 'high',
  rationale:
    'Without `no-new-privileges` a set-user-id program in the image (su, sudo, mount, or one that an attacker brings) turns an unprivileged process into root.',
  fix: 'Add `security_opt: ["no-new-privileges:true"]`.',
  references: [cisDocker('5.26'), composeService('security_opt')],
  static: askEachService({
    sound: 'cannot gain privileges',
    *faults({ name, at, securityOpt }, stack) {
      const position = securityOpt.findIndex(({ value }) => isOption(value));
      const option = securityOpt[position];
      if (option === undefined)
        yield {
          message: `${name} lets its processes gain privileges`,
          at,
          remedy: appendToServiceKey(stack, name, ['security_opt'], 'no-new-privileges:true'),
        };
      else if (/[:=]false$/.test(option.value))
        yield {
          message: `${name} switches no-new-privileges off`,
          at: option.at,
          remedy: setServiceKey(stack, name, ['security_opt', position], 'no-new-privileges:true'),
        };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      sound: 'the kernel keeps its processes from gaining privileges',
      *faults({ process }, { name }) {
        if (process.known && !process.value.noNewPrivileges)
          yield { message: `the kernel lets the processes of ${name} gain privileges (NoNewPrivs is 0)` };
      },
    }),
  },
};
