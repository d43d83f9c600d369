import type { Control } from '../../../contracts/control.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles } from '../question.ts';
import { manual } from '../references.ts';

/** G06: members of a replica set or sharded cluster know each other. */
export const control: Control = {
  id: 'mongodb/member-authentication',
  aliases: ['G06'],
  title: 'Members of a replica set prove themselves to each other',
  severity: 'high',
  rationale:
    'A member without a key takes whoever reaches it for another one: such a caller copies all data, and writes as the cluster itself.',
  fix: 'Set security.keyFile, with the same key on all members, or security.clusterAuthMode to x509.',
  references: [
    manual('core/security-internal-authentication'),
    manual('tutorial/enforce-keyfile-access-control-in-existing-replica-set'),
  ],
  checklist: ['mutual-tls'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const [name, role, key, mode] = [
      setting('replication.replSetName'),
      setting('sharding.clusterRole'),
      setting('security.keyFile'),
      setting('security.clusterAuthMode'),
    ];
    if (name.state === 'unknown') yield { outcome: 'unknown', message: name.why, at: name.at };
    else if (name.state === 'default' && role.state === 'default')
      yield { outcome: 'not-applicable', message: 'is no member of a replica set or cluster', at: name.at };
    else if (valueOf(mode, '') === 'x509' || valueOf(mode, '') === 'sendX509')
      yield { outcome: 'pass', message: 'members show each other certificates', at: mode.at };
    else if (key.state === 'set') yield { outcome: 'pass', message: 'members share a key', at: key.at };
    else yield { outcome: 'fail', message: 'members do not prove themselves to each other', at: name.at };
  }),
};
