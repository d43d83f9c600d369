import type { Change } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { appendToServiceKey, setServiceKey } from '../../model/index.ts';
import { accountOf } from '../account.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const covers = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(`${directory.replace(/\/$/, '')}/`);

/** Makes the root read-only and the kind's writable paths, where no mount has them, temporary file systems. */
const readOnlyRoot = (stack: Stack, service: Service): readonly Change[] => {
  const traits = stack.traits?.get(service.kind);
  if (traits === undefined) return [];
  const present = service.tmpfs.map(({ value }) => value);
  const mounted = [
    ...service.mounts.map(({ target }) => target),
    ...present.map((value) => value.split(':', 1)[0] ?? value),
  ];
  const account = accountOf(stack, service);
  const owner = account === undefined ? '' : `:uid=${account.uid},gid=${account.gid}`;
  const added = traits.writablePaths
    .filter((path) => !mounted.some((target) => covers(target, path)))
    .map((path) => `${path}${path === '/tmp' ? ':mode=1777' : owner}`);
  return [
    ...setServiceKey(stack, service.name, ['read_only'], true),
    ...added.flatMap((entry) => appendToServiceKey(stack, service.name, ['tmpfs'], entry)),
  ];
};

/** C15: containers cannot change their own programs. */
export const control: Control<'container'> = {
  id: 'container/read-only-root',
  aliases: ['C15'],
  title: 'The root file system is read-only',
  severity: 'medium',
  rationale:
    'On a writable root an attacker leaves tools, changes programs and configuration, and stays until the container is made anew.',
  fix: 'Set `read_only: true`, and `tmpfs` for the few paths that the service writes to beside its volumes.',
  references: [cisDocker('5.13'), composeService('read_only')],
  static: askEachService({
    sound: 'has a read-only root file system',
    *faults(service, stack) {
      const { name, at, readOnly } = service;
      if (readOnly?.value === true) return;
      yield {
        message: `${name} may write to its root file system`,
        at: readOnly?.at ?? at,
        remedy: readOnlyRoot(stack, service),
      };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      sound: 'the kernel has its root file system mounted read-only',
      *faults({ process }, { name }) {
        if (process.known && !process.value.readOnlyRoot)
          yield { message: `the kernel has the root file system of ${name} mounted for writing` };
      },
    }),
  },
};
