import type { Control, Observation } from '../../contracts/control.ts';
import type { Mount, Stack } from '../../contracts/stack.ts';
import { composeService } from '../references.ts';

interface Use {
  readonly service: string;
  readonly mount: Mount;
}

const usesByVolume = (stack: Stack): ReadonlyMap<string, readonly Use[]> =>
  Map.groupBy(
    [...stack.services.values()].flatMap(({ name, mounts }) =>
      mounts.flatMap((mount) =>
        mount.type === 'volume' && mount.source !== undefined ? [{ service: name, mount }] : [],
      ),
    ),
    ({ mount }) => mount.source ?? '',
  );

function* observe(stack: Stack): Generator<Observation> {
  for (const [volume, uses] of usesByVolume(stack)) {
    const resource = { type: 'volume', name: volume } as const;
    const users = [...new Set(uses.map(({ service }) => service))];
    const writers = [...new Set(uses.filter(({ mount }) => !mount.readOnly).map(({ service }) => service))];
    const at = stack.volumes.get(volume)?.at ?? uses[0]?.mount.at;
    const place = at === undefined ? {} : { at };
    if (writers.length > 1)
      yield {
        outcome: 'fail',
        resource,
        message: `${volume} is written by ${writers.join(', ')}`,
        key: volume,
        ...place,
      };
    else yield { outcome: 'pass', resource, message: `${volume} belongs to ${users.join(', ')}`, ...place };
  }
}

/** C21: services do not pass data to each other through a volume. */
export const control: Control = {
  id: 'container/shared-volume',
  aliases: ['C21'],
  title: 'Every volume belongs to one service',
  severity: 'info',
  rationale:
    'A volume that several services mount is a way from one to the next that no network rule sees: what the weakest of them writes, the others read or run.',
  fix: 'Give each service a volume of its own; where data has to be passed on, let all but one mount it read-only.',
  references: [composeService('volumes')],
  static: observe,
};
