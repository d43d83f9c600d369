import type { Control } from '../../contracts/control.ts';
import { isWayIn, portName } from '../published-ports.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** N05: no port below 1024 is published, but for the gateway's. */
export const control: Control = {
  id: 'network/privileged-ports',
  aliases: ['N05'],
  title: 'No privileged port is published',
  severity: 'low',
  rationale:
    'Ports below 1024 are those that clients and administrators trust to belong to the host itself; a container behind one can pose as its SSH, DNS or web server.',
  fix: 'Publish a port from 1024 on, and let the gateway alone hold 80 and 443.',
  references: [cisDocker('5.8'), composeService('ports')],
  checklist: ['firewall'],
  static: askEachService({
    inapplicable: ({ ports }) => (ports.length === 0 ? 'publishes no port' : undefined),
    sound: 'publishes no privileged port',
    *faults(service) {
      for (const port of service.ports)
        if (port.published !== undefined && port.published < 1024 && !isWayIn(service, port))
          yield {
            message: `${service.name} publishes the privileged port ${portName(port)}`,
            at: port.at,
            key: `${portName(port)}:${port.target}`,
          };
    },
  }),
};
