import type { Control } from '../../contracts/control.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** C20: no service is given a device of the host. */
export const control: Control<'container'> = {
  id: 'container/host-devices',
  aliases: ['C20'],
  title: 'No device of the host is handed to a container',
  severity: 'medium',
  rationale:
    'A device bypasses every boundary of the file system: a disk can be read block by block, the kernel log tells addresses, a GPU or TUN device is attack surface of the kernel.',
  fix: 'Remove the device, or accept it by a suppression that names its reason.',
  references: [cisDocker('5.18'), composeService('devices')],
  static: askEachService({
    sound: 'is given no device of the host',
    *faults({ name, devices }) {
      for (const { value, at } of devices) {
        const device = value.split(':', 1)[0] ?? value;
        yield { message: `${name} is given the device ${device} of the host`, at, key: device };
      }
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: 'the engine gave it no device of the host',
      *faults({ devices }, { name }) {
        for (const device of devices) yield { message: `the engine gave ${name} the device ${device}`, key: device };
      },
    }),
  },
};
