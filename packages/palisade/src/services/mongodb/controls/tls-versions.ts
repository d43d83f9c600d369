import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, speaksTls, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

const outdated = { TLS1_0: 'TLSv1', TLS1_1: 'TLSv1.1' } as const;

/** G09: nothing older than TLS 1.2. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/tls-versions',
  aliases: ['G09'],
  title: 'MongoDB takes nothing older than TLS 1.2',
  severity: 'high',
  rationale: 'TLS 1.0 and 1.1 rest on broken hashes and were withdrawn; an attacker in the middle asks for the oldest.',
  fix: 'Set net.tls.disabledProtocols to TLS1_0,TLS1_1.',
  references: [
    manual('reference/configuration-options'),
    { source: 'RFC 8996', url: 'https://www.rfc-editor.org/rfc/rfc8996' },
  ],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)('net.tls.disabledProtocols');
    if (setting.state === 'unknown') {
      yield { outcome: 'unknown', message: setting.why, at: setting.at };
      return;
    }
    if (!speaksTls(stack, service)) {
      yield { outcome: 'not-applicable', message: 'speaks no TLS', at: setting.at };
      return;
    }
    // TLS 1.0 is off by itself where 1.1 and newer are there; the word none turns that around.
    const off = new Set((valueOf(setting, 'TLS1_0') ?? '').split(',').map((each) => each.trim()));
    const on = (['TLS1_0', 'TLS1_1'] as const).filter((each) => !off.has(each));
    for (const each of on)
      yield { outcome: 'fail', message: `${outdated[each]} is not turned off`, at: setting.at, key: each };
    if (on.length === 0) yield { outcome: 'pass', message: 'TLS 1.0 and 1.1 are off', at: setting.at };
  }),
  live: {
    needs: ['mongodb'],
    attack: 'connect with TLS 1.0 or 1.1',
    assess: askServers(function* ({ tlsVersions }) {
      if (!tlsVersions.known) {
        yield unanswered(tlsVersions);
        return;
      }
      const old = Object.values(outdated).filter((version) => tlsVersions.value.includes(version));
      for (const version of old) yield { outcome: 'fail', message: `took ${version}`, key: version };
      if (old.length > 0) return;
      yield tlsVersions.value.length === 0
        ? { outcome: 'not-applicable', message: 'speaks no TLS' }
        : { outcome: 'pass', message: `takes ${tlsVersions.value.join(' and ')} alone` };
    }),
  },
};
