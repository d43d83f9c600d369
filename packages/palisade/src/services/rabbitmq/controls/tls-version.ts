import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { isKnownVersion } from '../image.ts';
import { listenersOf } from '../listeners.ts';
import { readSettings, settingsBelow } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

const isOld = (version: string): boolean => /^(?:sslv3|tlsv1|tlsv1\.1)$/i.test(version);

/** No version of TLS that is broken. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/tls-version',
  aliases: ['Q12'],
  title: 'RabbitMQ takes TLS 1.2 and later alone',
  severity: 'high',
  rationale: 'TLS 1.0 and 1.1 rest on broken hashes and ciphers; RFC 8996 forbids them.',
  fix: 'Name ssl_options.versions.1 = tlsv1.3 and ssl_options.versions.2 = tlsv1.2, and nothing else.',
  references: [documentation('ssl', 'Limiting TLS Versions'), { source: 'RFC 8996' }],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const found = listenersOf(stack, service);
    if (found.state === 'unknown') {
      yield { outcome: 'unknown', message: found.why, at: found.at };
      return;
    }
    const secure = found.listeners.find(({ tls }) => tls);
    if (secure === undefined) {
      yield { outcome: 'not-applicable', message: 'offers no TLS', at: service.image?.at ?? service.at };
      return;
    }
    const read = readSettings(stack, service);
    const named = ['ssl_options.versions', 'management.ssl.versions'].flatMap((name) => settingsBelow(read, name));
    const old = named.filter(({ value }) => isOld(value));
    for (const { value, at } of old) yield { outcome: 'fail', message: `takes ${value}`, at, key: value };
    if (old.length > 0) return;
    if (named[0] !== undefined) yield { outcome: 'pass', message: 'takes no version before 1.2', at: named[0].at };
    else if (isKnownVersion(service))
      yield { outcome: 'pass', message: 'the Erlang of the image takes no version before 1.2', at: secure.at };
    else yield { outcome: 'unknown', message: 'the Erlang of the image decides', at: secure.at };
  }),
  live: {
    needs: ['rabbitmq'],
    attack: 'connect with TLS 1.0 and 1.1',
    assess: askServers(function* ({ tlsVersions }) {
      if (!tlsVersions.known) {
        yield unanswered(tlsVersions);
        return;
      }
      const old = tlsVersions.value.filter(isOld);
      for (const version of old) yield { outcome: 'fail', message: `takes ${version}`, key: version };
      if (old.length > 0) return;
      yield tlsVersions.value.length === 0
        ? { outcome: 'not-applicable', message: 'offers no TLS' }
        : { outcome: 'pass', message: `takes ${tlsVersions.value.join(' and ')} alone` };
    }),
  },
};
