import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { setServiceKey } from '../../model/index.ts';
import { accountOf, isRoot } from '../account.ts';
import { dockerfileInstructions, dockerfileOf } from '../dockerfile.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** The user of the last stage of a built image; undefined where the Dockerfile names none or is not at hand. */
const builtUser = (stack: Stack, service: Service): string | undefined => {
  const file = dockerfileOf(stack, service);
  if (file?.text === undefined) return undefined;
  const stage = dockerfileInstructions(file.text).reduce<readonly string[]>(
    (users, { name, rest }) => (name === 'FROM' ? [] : name === 'USER' ? [...users, rest] : users),
    [],
  );
  return stage.at(-1);
};

/** C16: no service runs as root. */
export const control: Control<'container'> = {
  id: 'container/root-user',
  aliases: ['C16'],
  title: 'No service runs as root',
  severity: 'medium',
  rationale:
    'Root in a container is root for the kernel: a flaw in the kernel, the engine or a mount then gives the host away, where an ordinary account would have stopped short.',
  fix: 'Set `user` to the numeric account that owns the data of the service, or add USER to the Dockerfile.',
  references: [cisDocker('4.1'), composeService('user')],
  static: askEachService({
    sound: 'runs as an ordinary account',
    *faults(service, stack) {
      const { name, at, user } = service;
      if (user !== undefined ? !isRoot(user.value) : !isRoot(builtUser(stack, service) ?? '')) return;
      const account = accountOf(stack, service);
      yield {
        message:
          user === undefined
            ? `${name} names no user, so it starts as whoever its image says: root, for most`
            : `${name} runs as root`,
        at: user?.at ?? at,
        ...(account === undefined
          ? {}
          : { remedy: setServiceKey(stack, name, ['user'], `${account.uid}:${account.gid}`) }),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      sound: 'its first process runs as an ordinary account',
      *faults({ process }, { name }) {
        if (process.known && process.value.uid === 0) yield { message: `the first process of ${name} runs as root` };
      },
    }),
  },
};
