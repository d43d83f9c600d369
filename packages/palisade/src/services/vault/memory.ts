import type { ComposeEdit } from '../../contracts/change.ts';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { setServiceKey } from '../../model/edits.ts';
import { bytes } from '../../model/quantities.ts';

/** What a server with an ordinary amount of data needs at its peak, with room. */
const ordinaryLimit = '2G';

/** The scalar that stands at a place of a Compose file, quotes and comment taken off; undefined where it has a variable. */
const scalarAt = (stack: Stack, { file, line, column }: Location): string | undefined => {
  const rest = (stack.sources.get(file) ?? '').split('\n')[line - 1]?.slice(column - 1) ?? '';
  const text = /^"([^"]*)"|^'([^']*)'|^([^\s#,}\]]+)/.exec(rest);
  const found = text?.[1] ?? text?.[2] ?? text?.[3];
  return found === undefined || found.includes('$') ? undefined : found;
};

/** How much of a container's memory may go to the disk. */
export type SwapRoom =
  | { readonly state: 'none'; readonly at: Location }
  | { readonly state: 'some'; readonly at: Location }
  | { readonly state: 'unknown'; readonly at: Location };

/**
 * Whether the container may swap: not where `memswap_limit`, which counts memory and swap together, equals the memory
 * limit. Source: Compose specification, `memswap_limit`; Docker, “Prevent a container from using swap”.
 */
export const swapRoom = (stack: Stack, service: Service): SwapRoom => {
  const at = service.keys.get('memswap_limit');
  if (at === undefined) return { state: 'some', at: service.at };
  const text = scalarAt(stack, at);
  const both = text === undefined ? undefined : bytes(text);
  const { memory } = service.limits;
  if (both === undefined) return { state: 'unknown', at };
  return { state: memory !== undefined && both === memory.value ? 'none' : 'some', at };
};

const shortKeys = { memory: 'mem_limit', cpus: 'cpus', pids: 'pids_limit' } as const;

/** True where the service writes its limits as keys of its own, because Compose refuses a mixture of both forms. */
const besideShortKeys = ({ keys, limits }: Service): boolean => {
  const names = ['memory', 'cpus', 'pids'] as const;
  const isShort = (name: (typeof names)[number]): boolean => {
    const place = keys.get(shortKeys[name]);
    return place !== undefined && limits[name]?.at.line === place.line && limits[name].at.file === place.file;
  };
  return (
    names.some((name) => keys.has(shortKeys[name])) &&
    names.every((name) => limits[name] === undefined || isShort(name))
  );
};

/** Edits that keep the container's memory off the disk: a memory limit, and the same one for memory and swap together. */
export const memoryEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { memory } = service.limits;
  if (memory !== undefined)
    return swapRoom(stack, service).state === 'none'
      ? []
      : setServiceKey(stack, service, ['memswap_limit'], memory.raw ?? memory.value);
  return [
    ...setServiceKey(
      stack,
      service,
      besideShortKeys(service) ? ['mem_limit'] : ['deploy', 'resources', 'limits', 'memory'],
      ordinaryLimit,
    ),
    ...setServiceKey(stack, service, ['memswap_limit'], ordinaryLimit),
  ];
};
