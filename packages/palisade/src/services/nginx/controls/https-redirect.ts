import type { Control } from '../../../contracts/control.ts';
import { isRedirecting, placeOf } from '../configuration/servers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** X03: Plain HTTP leads to HTTPS and nothing else. */
export const control: Control<'nginx'> = {
  id: 'nginx/https-redirect',
  aliases: ['X03'],
  title: 'Plain HTTP leads to HTTPS and nothing else',
  severity: 'medium',
  rationale:
    'Whatever is served on plain HTTP can be read and changed on the way, and keeps people on it: a link or a typed name begins there.',
  fix: 'Let the server that listens without ssl hold nothing but `return 301 https://$host$request_uri;`.',
  references: [documentation('rewrite', 'return')],
  checklist: ['tls-only'],
  static: askFiles(
    'Let the server that listens without ssl hold nothing but `return 301 https://$host$request_uri;`.',
    function* (servers) {
      yield* faultsOr(
        servers
          .filter((server) => !isRedirecting(server))
          .flatMap(({ listens }) => listens.filter(({ tls }) => !tls))
          .map(({ directive, port }) => ({
            at: placeOf(directive),
            key: `port ${port ?? 'socket'}`,
            message: `serves plain HTTP on port ${port ?? 'of a socket'}`,
          })),
        'serves nothing on plain HTTP',
      );
    },
  ),
  live: {
    attack: 'use the service on plain HTTP',
    needs: ['nginx'],
    assess: askServers(
      ({ plainPorts }) => plainPorts,
      (ports) =>
        ports.length > 0
          ? { outcome: 'fail', key: 'plain', message: `serves plain HTTP on port ${ports.join(' and ')}` }
          : { outcome: 'pass', message: 'redirects plain HTTP, or does not take it' },
    ),
  },
};
