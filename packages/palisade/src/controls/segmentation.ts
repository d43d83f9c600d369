import type { Change, ComposeValue } from '../contracts/change.ts';
import type { Network, NetworkAttachment, Service, Stack } from '../contracts/stack.ts';
import { removeServiceKey, setServiceKey, setTopLevelKey } from '../model/index.ts';
import { bridgeOptions, nameBridge } from './bridge-names.ts';
import { closeIpv6 } from './ipv6.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { isConnected } from './units.ts';

const definition = (stack: Stack, { name, internal }: Segment): ComposeValue | undefined => {
  const existing: Network | undefined = stack.networks.get(name);
  if (existing !== undefined && !existing.implicit) return undefined;
  return { ...(internal ? { internal: true } : { driver: 'bridge' }), driver_opts: bridgeOptions(stack, name) };
};

const networkChanges = (stack: Stack, segments: readonly Segment[]): readonly Change[] =>
  segments.flatMap((segment): readonly Change[] => {
    const existing = stack.networks.get(segment.name);
    const value = definition(stack, segment);
    if (value !== undefined) return setTopLevelKey(stack, ['networks', segment.name], value);
    return [
      ...(segment.internal && existing?.internal === false && !existing.external
        ? setTopLevelKey(stack, ['networks', segment.name, 'internal'], true)
        : []),
      ...(existing === undefined ? [] : nameBridge(stack, existing)),
      ...(segment.internal && existing !== undefined ? closeIpv6(stack, existing) : []),
    ];
  });

const isExternal = (stack: Stack, { network }: NetworkAttachment): boolean =>
  stack.networks.get(network)?.external === true;

/**
 * The `networks` of a service: names where that says all. Aliases move along; a fixed address stays with a network that
 * stays, and goes with a replaced one, whose subnet it came from.
 */
const attachments = (stack: Stack, service: Service, names: readonly string[]): ComposeValue => {
  const kept = service.networks.filter((each) => isExternal(stack, each) || names.includes(each.network));
  const aliases = [
    ...new Set(service.networks.filter((each) => !isExternal(stack, each)).flatMap((each) => each.aliases)),
  ];
  const entries = [...new Set([...names, ...kept.map(({ network }) => network)])].map(
    (name): readonly [string, { readonly [key: string]: ComposeValue }] => {
      const before = kept.find(({ network }) => network === name);
      const own = before !== undefined && isExternal(stack, before) ? before.aliases : aliases;
      return [
        name,
        {
          ...(own.length === 0 ? {} : { aliases: [...own] }),
          ...(before?.ipv4Address === undefined ? {} : { ipv4_address: before.ipv4Address }),
          ...(before?.ipv6Address === undefined ? {} : { ipv6_address: before.ipv6Address }),
        },
      ];
    },
  );
  return entries.every(([, settings]) => Object.keys(settings).length === 0)
    ? entries.map(([name]) => name)
    : Object.fromEntries(entries);
};

const serviceChanges = (stack: Stack, segments: readonly Segment[]): readonly Change[] =>
  [...stack.services.values()].filter(isConnected).flatMap((service) => {
    const names = segments.filter(({ members }) => members.includes(service.name)).map(({ name }) => name);
    const present = service.networks.filter((each) => !isExternal(stack, each)).map(({ network }) => network);
    if (names.length === present.length && names.every((name) => present.includes(name))) return [];
    return [
      ...setServiceKey(stack, service.name, ['networks'], attachments(stack, service, names)),
      ...(service.networkMode === undefined ? [] : removeServiceKey(stack, service.name, ['network_mode'])),
      ...readdressed(stack, service, names),
    ];
  });

/** A person has to look where other settings repeat an address that is given up. */
const readdressed = (stack: Stack, service: Service, names: readonly string[]): readonly Change[] =>
  service.networks.flatMap((attachment) => {
    const address = attachment.ipv4Address ?? attachment.ipv6Address;
    if (address === undefined || isExternal(stack, attachment) || names.includes(attachment.network)) return [];
    const users = [...stack.services.values()].flatMap(({ name, environment }) =>
      [...environment].flatMap(([variable, { value }]) => (value === address ? [`${variable} of ${name}`] : [])),
    );
    return users.length === 0
      ? []
      : [
          {
            kind: 'manual',
            instructions: `${service.name} gives up its fixed address ${address}: make ${users.join(', ')} name the service instead.`,
          } as const,
        ];
  });

/** The edits that put every service into its segments: one coherent set, the same for every finding that asks for it. */
export const segmentation = (stack: Stack): readonly Change[] => {
  const known = remembered.get(stack);
  if (known !== undefined) return known;
  const segments = segmentsOf(stack);
  const changes = [...networkChanges(stack, segments), ...serviceChanges(stack, segments)];
  remembered.set(stack, changes);
  return changes;
};

/** A stack never changes, and every finding asks for its segmentation. */
const remembered = new WeakMap<Stack, readonly Change[]>();
