import type { Control } from '../../../contracts/control.ts';
import { tcpListeners } from '../configuration.ts';
import '../evidence.ts';
import { asBoolean, asText, entryOf } from '../hcl/read.ts';
import { fail, judgeAnswers, judgeServers } from '../observe.ts';
import { tcpListener } from '../references.ts';

const sound = new Set(['tls12', 'tls13']);
const outdated = new Set(['tls10', 'tls11']);

/** V03: no version of TLS before 1.2. */
export const control: Control<'vault'> = {
  id: 'vault/tls-version',
  aliases: ['V03'],
  title: 'Vault takes no TLS older than 1.2',
  severity: 'medium',
  rationale:
    'TLS 1.0 and 1.1 rest on SHA-1 and MD5 and let an attacker in the middle bring a connection down to ciphers that are known to be broken.',
  fix: 'Set tls_min_version = "tls12" or "tls13", or remove it: 1.2 is the default.',
  references: [tcpListener, { source: 'RFC 8996', url: 'https://www.rfc-editor.org/rfc/rfc8996' }],
  checklist: ['tls-only'],
  static: (stack) =>
    judgeServers(stack, {
      *development(_service, { at }) {
        yield { outcome: 'not-applicable', message: 'a development server has no TLS of its own', at };
      },
      *configured({ name, at }, documents) {
        let open = 0;
        for (const { body, locate } of tcpListeners(documents)) {
          const off = entryOf(body, 'tls_disable');
          const lowest = entryOf(body, 'tls_min_version');
          if (off !== undefined && asBoolean(off.value) === true) continue;
          open += 1;
          const version = lowest === undefined ? 'tls12' : (asText(lowest.value) ?? '');
          if (lowest !== undefined && outdated.has(version)) {
            yield fail(`${name} takes ${version === 'tls10' ? 'TLS 1.0' : 'TLS 1.1'}`, locate(lowest.at), 'version');
            return;
          }
          if (lowest !== undefined && !sound.has(version)) {
            yield { outcome: 'unknown', message: 'tls_min_version names no known version', at: locate(lowest.at) };
            return;
          }
        }
        yield open === 0
          ? { outcome: 'not-applicable', message: 'no listener has TLS', at }
          : { outcome: 'pass', message: 'takes TLS 1.2 and newer', at };
      },
    }),
  live: {
    attack: 'connect with TLS 1.0 and 1.1',
    needs: ['vault'],
    assess: (stack, evidence) =>
      judgeAnswers(
        evidence,
        ({ protocols }) => protocols,
        (versions, name) => {
          const old = versions.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
          if (versions.length === 0) return { outcome: 'not-applicable', message: 'the server has no TLS' };
          return old.length > 0
            ? { outcome: 'fail', key: 'version', message: `${name} takes ${old.join(' and ')}` }
            : { outcome: 'pass', message: `takes ${versions.join(' and ')} only` };
        },
        stack,
      ),
  },
};
