import type { Change } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { setServiceKey } from '../../model/index.ts';
import { accountOf, isRoot } from '../account.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** Capabilities with which a process in a container gets hold of the host. Source: capabilities(7). */
const dangerous = new Set([
  'ALL',
  'SYS_ADMIN',
  'SYS_MODULE',
  'SYS_PTRACE',
  'SYS_RAWIO',
  'SYS_BOOT',
  'SYS_TIME',
  'NET_ADMIN',
  'DAC_READ_SEARCH',
  'BPF',
  'PERFMON',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'SYSLOG',
]);

const plainName = (capability: string): string => capability.toUpperCase().replace(/^CAP_/, '');

const dropsAll = ({ capDrop }: Service): boolean => capDrop.some(({ value }) => plainName(value) === 'ALL');

/** What the entry point of an image needs to take over its data and step down from root by itself. */
const stepDown = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

const startsAsRoot = (stack: Stack, service: Service): boolean =>
  service.user === undefined ? accountOf(stack, service) === undefined : isRoot(service.user.value);

/** The capabilities that a service is left: those that the project asks for, but the dangerous ones, and those of its kind. */
const neededCapabilities = (stack: Stack, service: Service): readonly string[] => {
  const kept = service.capAdd.map(({ value }) => plainName(value)).filter((name) => !dangerous.has(name));
  const start = startsAsRoot(stack, service) ? stepDown : [];
  const ofKind = stack.traits?.get(service.kind)?.capabilities ?? [];
  return [...new Set([...kept, ...ofKind.map(plainName), ...start])];
};

/**
 * Drops everything and keeps what the kind needs; only for kinds of which that is known. A service that is, or by
 * C16's remedy will be, started as its own account has no need to step down.
 */
const leastCapabilities = (stack: Stack, service: Service): readonly Change[] => {
  const traits = stack.traits?.get(service.kind);
  if (traits === undefined) return [];
  const needed = neededCapabilities(stack, service);
  const present = service.capAdd.map(({ value }) => plainName(value));
  const same = needed.length === present.length && needed.every((name) => present.includes(name));
  return [
    ...(dropsAll(service) ? [] : setServiceKey(stack, service.name, ['cap_drop'], ['ALL'])),
    ...(same ? [] : setServiceKey(stack, service.name, ['cap_add'], needed)),
  ];
};

/** C08: containers hold no capability but the few that they need. */
export const control: Control<'container'> = {
  id: 'container/capabilities',
  aliases: ['C08'],
  title: 'Capabilities are dropped',
  severity: 'medium',
  rationale:
    'A container starts with fourteen capabilities, among them to forge packets, to own any file and to change identity. A service needs few of them or none; every other one is a tool for whoever takes it over.',
  fix: 'Write `cap_drop: [ALL]`, and `cap_add` with the few that the service fails without.',
  references: [cisDocker('5.4'), composeService('cap_drop')],
  static: askEachService({
    sound: 'drops every capability that it does not need',
    *faults(service, stack) {
      const { name, at, capAdd } = service;
      const remedy = leastCapabilities(stack, service);
      if (!dropsAll(service)) yield { message: `${name} keeps the default capabilities`, at, key: 'cap_drop', remedy };
      for (const added of capAdd)
        if (dangerous.has(plainName(added.value)))
          yield {
            message: `${name} is given ${plainName(added.value)}, which reaches beyond the container`,
            at: added.at,
            key: plainName(added.value),
            remedy,
          };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      sound: 'the kernel leaves it no capability that it does not need',
      *faults({ process }, service, stack) {
        if (!process.known) return;
        const needed = neededCapabilities(stack, service);
        const extra = process.value.bounding.filter((name) => !needed.includes(name));
        if (extra.length > 0)
          yield {
            message: `the processes of ${service.name} may have ${extra.join(', ')}`,
            key: 'cap_drop',
          };
      },
    }),
  },
};
