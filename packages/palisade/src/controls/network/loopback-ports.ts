import type { ComposeEdit } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Port, Service, Stack } from '../../contracts/stack.ts';
import { setServiceItem, setServiceKey } from '../../model/index.ts';
import { isEveryInterface, onLoopback } from '../../model/published-ports.ts';
import { isWayIn, portName } from '../published-ports.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const isOpen = (service: Service, port: Port): boolean => isEveryInterface(port.hostAddress) && !isWayIn(service, port);

const bindInPlace = (stack: Stack, service: Service, port: Port, position: number): readonly ComposeEdit[] =>
  port.syntax === 'long'
    ? setServiceKey(stack, service.name, ['ports', position, 'host_ip'], '127.0.0.1')
    : setServiceItem(stack, service, 'ports', port.at, onLoopback(port));

/**
 * Edits in place, entry by entry. Where an entry comes from what the service extends, its own file cannot reach it: the
 * whole list is written there instead, the same for every finding.
 */
const bindToLoopback = (stack: Stack, service: Service, position: number): readonly ComposeEdit[] => {
  const inPlace = service.ports.map((port, index) =>
    isOpen(service, port) ? bindInPlace(stack, service, port, index) : undefined,
  );
  if (inPlace.every((edits) => edits === undefined || edits.length > 0)) return inPlace[position] ?? [];
  if (service.ports.some(({ syntax }) => syntax === 'long')) return [];
  const entries = service.ports.map((port) => (isOpen(service, port) ? onLoopback(port) : port.raw));
  return setServiceKey(stack, service, ['ports'], entries);
};

/** N01: ports are published on the loopback interface alone, but for the gateway's. */
export const control: Control = {
  id: 'network/loopback-ports',
  aliases: ['N01'],
  title: 'Ports are published on loopback only',
  severity: 'high',
  rationale:
    'A port published without an address listens on every interface of the host, and the engine opens it in front of the host firewall: whoever reaches the machine reaches the service.',
  fix: 'Write `127.0.0.1:` in front of the published port (`host_ip` in the long syntax), or do not publish it.',
  references: [cisDocker('5.14'), composeService('ports')],
  checklist: ['firewall'],
  static: askEachService({
    inapplicable: ({ ports, networkMode }) =>
      networkMode?.value === 'host'
        ? 'shares the network of the host, so published ports mean nothing'
        : ports.length === 0
          ? 'publishes no port'
          : undefined,
    sound: 'publishes on loopback only, or is the way in',
    *faults(service, stack) {
      for (const [position, port] of service.ports.entries()) {
        if (!isOpen(service, port)) continue;
        yield {
          message: `${service.name} publishes port ${portName(port)} on every interface of the host`,
          at: port.at,
          key: `${portName(port)}:${port.target}`,
          remedy: bindToLoopback(stack, service, position),
        };
      }
    },
  }),
};
