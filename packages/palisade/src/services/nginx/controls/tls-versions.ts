import type { Control } from '../../../contracts/control.ts';
import { versionOf } from '../matching.ts';
import { isRejecting, placeOf, settingOf } from '../configuration/servers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation, mozilla } from '../references.ts';
import '../evidence.ts';

/** X02: nginx serves TLS 1.2 or later. */
export const control: Control<'nginx'> = {
  id: 'nginx/tls-versions',
  aliases: ['X02'],
  title: 'nginx serves TLS 1.2 or later',
  severity: 'high',
  rationale:
    'Without TLS everybody on the way reads and changes requests; versions before 1.2 have known breaks that let an attacker on the way do the same.',
  fix: 'Write `listen 443 ssl;` with ssl_certificate and ssl_certificate_key, and `ssl_protocols TLSv1.2 TLSv1.3;` in http.',
  references: [mozilla, documentation('ssl', 'ssl_protocols')],
  checklist: ['tls-only'],
  static: askFiles(
    'Write `listen 443 ssl;` with ssl_certificate and ssl_certificate_key, and `ssl_protocols TLSv1.2 TLSv1.3;` in http.',
    function* (servers, service) {
      const secure = servers.filter((server) => !isRejecting(server) && server.listens.some(({ tls }) => tls));
      if (secure.length === 0) {
        const [first] = servers;
        yield {
          outcome: 'fail',
          key: 'no-tls',
          message: 'serves no TLS at all',
          ...(first === undefined ? {} : { at: placeOf(first.scope.directive) }),
        };
        return;
      }
      const faults = secure.flatMap(({ scope }) => {
        const setting = settingOf(scope, 'ssl_protocols');
        // The default was raised in nginx 1.27.3; of a version that is not known the old one is assumed.
        const spoken = setting?.args ?? ((versionOf(service) ?? 0) >= 1028 ? [] : ['TLSv1', 'TLSv1.1']);
        const old = spoken.filter((version) => /^(?:SSLv[23]|TLSv1|TLSv1\.1)$/.test(version));
        return old.length === 0
          ? []
          : [{ at: placeOf(setting ?? scope.directive), key: 'ssl_protocols', message: `speaks ${old.join(' and ')}` }];
      });
      yield* faultsOr(faults, 'speaks TLS 1.2 or later alone');
    },
  ),
  live: {
    attack: 'connect without TLS, or with an old version of it',
    needs: ['nginx'],
    assess: askServers(
      ({ versions }) => versions,
      (versions) => {
        const old = versions.filter((version) => version === 'TLSv1' || version === 'TLSv1.1');
        if (versions.length === 0) return { outcome: 'fail', key: 'no-tls', message: 'serves no TLS at all' };
        return old.length > 0
          ? { outcome: 'fail', key: 'version', message: `still speaks ${old.join(' and ')}` }
          : { outcome: 'pass', message: `speaks ${versions.join(' and ')} alone` };
      },
    ),
  },
};
