import type { Control } from '../../../contracts/control.ts';
import { placeOf, scopesOf, settingOf } from '../configuration/servers.ts';
import { passTarget } from '../hardened/upstreams.ts';
import { type Verdict, askFiles } from '../question.ts';
import { documentation } from '../references.ts';

/** X09: Upstreams are reached over verified TLS. */
export const control: Control = {
  id: 'nginx/verified-upstreams',
  aliases: ['X09'],
  title: 'Upstreams are reached over verified TLS',
  severity: 'high',
  rationale:
    'nginx does not verify an upstream unless told to: whoever answers at its address gets every request, with tokens and cookies.',
  fix: 'Write `proxy_pass https://…;` with proxy_ssl_verify on, proxy_ssl_trusted_certificate, proxy_ssl_name and proxy_ssl_server_name on.',
  references: [documentation('proxy', 'proxy_ssl_verify')],
  checklist: ['tls-only'],
  static: askFiles(
    'Write `proxy_pass https://…;` with proxy_ssl_verify on, proxy_ssl_trusted_certificate, proxy_ssl_name and proxy_ssl_server_name on.',
    function* (servers) {
      let passes = 0;
      let sound = true;
      for (const scope of servers.flatMap(scopesOf)) {
        const pass = scope.directive.block?.find(({ name }) => name === 'proxy_pass');
        if (pass === undefined) continue;
        passes += 1;
        const verdict = ((): Verdict | undefined => {
          const at = placeOf(pass);
          const [address = ''] = pass.args;
          if (/^http:\/\/(?:unix:|127\.|localhost\b)/.test(address)) return undefined;
          if (address.startsWith('http://'))
            return { outcome: 'fail', key: address, at, message: `passes to ${address} without TLS` };
          if (passTarget(address) === undefined)
            return {
              outcome: 'unknown',
              at,
              message: `where ${address} leads is known at the time of a request alone`,
            };
          const verifies =
            settingOf(scope, 'proxy_ssl_verify')?.args[0] === 'on' &&
            settingOf(scope, 'proxy_ssl_trusted_certificate') !== undefined;
          return verifies ? undefined : { outcome: 'fail', key: address, at, message: `does not verify ${address}` };
        })();
        if (verdict === undefined) continue;
        sound = false;
        yield verdict;
      }
      if (passes === 0) yield { outcome: 'not-applicable', message: 'passes to no upstream' };
      else if (sound) yield { outcome: 'pass', message: 'verifies every upstream' };
    },
  ),
};
