import type { Control } from '../../../contracts/control.ts';
import { defaultServers, isRejecting, placeOf, redirectsToFixedName } from '../configuration/servers.ts';
import { askFiles, askServers, faultsOr } from '../question.ts';
import { documentation } from '../references.ts';
import '../evidence.ts';

/** X07: Hosts that nobody named are turned away. */
export const control: Control<'nginx'> = {
  id: 'nginx/unknown-hosts',
  aliases: ['X07'],
  title: 'Hosts that nobody named are turned away',
  severity: 'medium',
  rationale:
    'A server that answers to any name lends itself to DNS rebinding and to poisoned links and caches, and answers every scanner that tries addresses.',
  fix: 'Add a default server: `server { listen 80 default_server; listen 443 ssl default_server; ssl_reject_handshake on; return 444; }`.',
  references: [documentation('core', 'server_name'), documentation('ssl', 'ssl_reject_handshake')],
  static: askFiles(
    'Add a default server: `server { listen 80 default_server; listen 443 ssl default_server; ssl_reject_handshake on; return 444; }`.',
    function* (servers) {
      yield* faultsOr(
        defaultServers(servers)
          .filter(({ server }) => !isRejecting(server) && !redirectsToFixedName(server))
          .map(({ listen, server }) => ({
            at: placeOf(server.scope.directive),
            key: `port ${listen.port ?? listen.address}`,
            message: `answers to every host on port ${listen.port ?? listen.address}`,
          })),
        'turns away hosts that nobody named',
      );
    },
  ),
  live: {
    attack: 'ask for a host that nobody named',
    needs: ['nginx'],
    assess: askServers(
      ({ unknownHost }) => unknownHost,
      (ports) =>
        ports.length > 0
          ? { outcome: 'fail', key: 'host', message: `serves a made-up host on port ${ports.join(' and ')}` }
          : { outcome: 'pass', message: 'turned a made-up host away' },
    ),
  },
};
