import type { ComposeEdit } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Mount, Stack } from '../../contracts/stack.ts';
import { setServiceItem, setServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';
import { scalarAt } from '../source-text.ts';

const shares = /^r?(?:shared|slave)$/;

const privately = (stack: Stack, service: string, mount: Mount, position: number): readonly ComposeEdit[] => {
  if (mount.syntax === 'long')
    return setServiceKey(stack, service, ['volumes', position, 'bind', 'propagation'], 'rprivate');
  const written = scalarAt(stack, mount.at);
  const entry = written?.replace(/(?<=[:,])r?(?:shared|slave)(?=,|$)/, 'rprivate');
  return entry === undefined || entry === written ? [] : setServiceItem(stack, service, 'volumes', mount.at, entry);
};

/** C04: what a container mounts stays in the container. */
export const control: Control = {
  id: 'container/mount-propagation',
  aliases: ['C04'],
  title: 'Mounts do not propagate',
  severity: 'high',
  rationale:
    'With shared propagation a mount made in the container appears on the host and in other containers, where it can cover files that they trust.',
  fix: 'Use `rprivate`, the default, as the propagation of the mount.',
  references: [cisDocker('5.20'), composeService('volumes')],
  static: askEachService({
    sound: 'keeps its mounts to itself',
    *faults({ name, mounts }, stack) {
      for (const [position, mount] of mounts.entries())
        if (mount.propagation !== undefined && shares.test(mount.propagation))
          yield {
            message: `${name} mounts ${mount.target} with ${mount.propagation} propagation`,
            at: mount.at,
            key: mount.target,
            remedy: privately(stack, name, mount, position),
          };
    },
  }),
};
