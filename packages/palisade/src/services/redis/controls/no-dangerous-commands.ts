import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { knowsSeven } from '../configuration.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

const names = ['enable-debug-command', 'enable-module-command', 'enable-protected-configs'] as const;

/** R07: commands that reach beyond the data are off for everybody. */
export const control: Control<'redis'> = {
  id: 'redis/no-dangerous-commands',
  aliases: ['R07'],
  title: 'Redis has DEBUG, MODULE and protected settings turned off',
  severity: 'high',
  rationale:
    'MODULE LOAD runs a library in the server, protected settings write files wherever it may write, DEBUG stops it: each turns a stolen login into the host.',
  fix: 'Set enable-debug-command, enable-module-command and enable-protected-configs to no.',
  references: [documentation('security')],
  checklist: ['no-debug-logging'],
  static: askFiles(function* (service, stack) {
    if (!knowsSeven(service)) {
      const at = service.image?.at ?? service.at;
      yield { outcome: 'fail', message: 'versions before 7 cannot turn these commands off', at };
      return;
    }
    const setting = settingsOf(stack, service);
    const found = names.map((name) => ({ name, setting: setting(name) }));
    const unknown = found.find((each) => each.setting.state === 'unknown')?.setting;
    if (unknown?.state === 'unknown') {
      yield { outcome: 'unknown', message: unknown.why, at: unknown.at };
      return;
    }
    const on = found.filter((each) => valueOf(each.setting, 'no') !== 'no');
    for (const each of on)
      yield {
        outcome: 'fail',
        message: `${each.name} is ${valueOf(each.setting, 'no') ?? ''}`,
        at: each.setting.at,
        key: each.name,
      };
    if (on.length === 0) {
      const at = found[0]?.setting.at ?? service.at;
      yield { outcome: 'pass', message: 'DEBUG, MODULE and protected settings are off', at };
    }
  }),
  live: {
    needs: ['redis'],
    attack: 'run DEBUG without an account',
    assess: askServers(function* ({ settings, plaintext, withoutCertificate, withCertificate }) {
      const ways = [plaintext, withoutCertificate, withCertificate];
      if (ways.some((answer) => answer.known && answer.value.carriedOut.includes('DEBUG'))) {
        yield { outcome: 'fail', message: 'carried out DEBUG for a caller without an account' };
        return;
      }
      for (const answer of [settings, ...ways])
        if (!answer.known) {
          yield unanswered(answer);
          return;
        }
      const values = settings.known ? settings.value : {};
      const silent = names.filter((name) => values[name] === undefined);
      const on = names.filter((name) => values[name] !== undefined && values[name] !== 'no');
      for (const name of on) yield { outcome: 'fail', message: `${name} is ${values[name] ?? ''}`, key: name };
      if (on.length > 0) return;
      yield silent.length > 0
        ? { outcome: 'unknown', message: `the server does not say whether ${silent.join(', ')} is on` }
        : { outcome: 'pass', message: 'DEBUG, MODULE and protected settings are off' };
    }),
  },
};
