import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { replicates } from '../cluster.ts';
import { busPort, settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** R03: nodes talk to each other over TLS. */
export const control: Control<'redis'> = {
  id: 'redis/replication-encrypted',
  aliases: ['R03'],
  title: 'Nodes of Redis talk to each other over TLS',
  severity: 'high',
  rationale:
    'The cluster bus asks for no password: without TLS whoever reaches it joins the cluster and takes over its data, and replication carries all of it in the clear.',
  fix: 'Set tls-cluster yes and tls-replication yes.',
  references: [documentation('security/encryption')],
  checklist: ['tls-only'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const cluster = setting('cluster-enabled');
    if (cluster.state === 'unknown') {
      yield { outcome: 'unknown', message: cluster.why, at: cluster.at };
      return;
    }
    const wanted = [
      ...(busPort(stack, service) === undefined ? [] : ['tls-cluster']),
      ...(replicates(stack, service) ? ['tls-replication'] : []),
    ];
    if (wanted.length === 0)
      yield { outcome: 'not-applicable', message: 'is no part of a cluster and no replica', at: cluster.at };
    for (const name of wanted) {
      const found = setting(name);
      if (found.state === 'unknown') yield { outcome: 'unknown', message: found.why, at: found.at };
      else if (valueOf(found, 'no') === 'yes') yield { outcome: 'pass', message: `${name} is on`, at: found.at };
      else yield { outcome: 'fail', message: `${name} is off`, at: found.at, key: name };
    }
  }),
  live: {
    needs: ['redis'],
    attack: 'talk to the cluster bus without TLS',
    assess: askServers(function* ({ bus }) {
      if (!bus.known) yield unanswered(bus);
      else if (bus.value === 'none') yield { outcome: 'not-applicable', message: 'is no part of a cluster' };
      else if (bus.value === 'tls') yield { outcome: 'pass', message: 'the cluster bus speaks TLS' };
      else yield { outcome: 'fail', message: 'the cluster bus speaks no TLS' };
    }),
  },
};
