import type { Control } from '../../contracts/control.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** N02: no service shares the network of the host. */
export const control: Control<'container'> = {
  id: 'network/host-network',
  aliases: ['N02'],
  title: 'No container shares the network of the host',
  severity: 'high',
  rationale:
    'In the network of the host a container listens on every interface, reaches every service that trusts loopback, and no network rule of the project holds for it.',
  fix: 'Remove `network_mode: host`, join the networks of the services that are called, and publish the ports that are needed on loopback.',
  references: [cisDocker('5.10'), composeService('network_mode')],
  checklist: ['network-policies', 'firewall'],
  static: askEachService({
    sound: 'has a network of its own',
    *faults({ name, networkMode }) {
      if (networkMode?.value === 'host')
        yield { message: `${name} shares the network of the host`, at: networkMode.at };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine gave it a network of its own',
      *faults({ hostNamespaces }, { name }) {
        if (hostNamespaces.includes('network')) yield { message: `the engine gave ${name} the network of the host` };
      },
    }),
  },
};
