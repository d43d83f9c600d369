import type { Control } from '../../../contracts/control.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles } from '../question.ts';
import { manual, officialImage, securityChecklist } from '../references.ts';

const everything = new Set(['0.0.0.0', '::', '*']);

/** G03: the server listens where somebody decided that it should. */
export const control: Control = {
  id: 'mongodb/bind-address',
  aliases: ['G03'],
  title: 'MongoDB names the addresses on which it listens',
  severity: 'medium',
  rationale:
    'A server that listens everywhere is open on every network that its host or container is ever given, also on those that nobody thought of.',
  fix: 'Name the addresses in net.bindIp; the init script of palisade harden adds those of the container to localhost.',
  references: [securityChecklist, manual('core/security-mongodb-configuration'), officialImage],
  checklist: ['firewall'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const [all, address] = [setting('net.bindIpAll'), setting('net.bindIp')];
    for (const each of [all, address])
      if (each.state === 'unknown') {
        yield { outcome: 'unknown', message: each.why, at: each.at };
        return;
      }
    const written = valueOf(address, '') ?? '';
    if (valueOf(all, 'false') === 'true')
      yield { outcome: 'fail', message: 'bindIpAll opens the server on every address', at: all.at };
    else if (written.split(',').some((each) => everything.has(each.trim())))
      yield { outcome: 'fail', message: `bindIp ${written} opens the server on every address`, at: address.at };
    else if (written === '')
      yield {
        outcome: 'fail',
        message: 'the image opens the server on every address where bindIp is not set',
        at: address.at,
      };
    else yield { outcome: 'pass', message: `bindIp is ${written}`, at: address.at };
  }),
};
