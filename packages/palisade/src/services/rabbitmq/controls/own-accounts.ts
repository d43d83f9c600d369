import type { Control } from '../../../contracts/control.ts';
import { administrator } from '../accounts.ts';
import { callersOf, writtenLogins } from '../consumers.ts';
import '../evidence.ts';
import { hardenedEntrypoint } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { checklist, documentation } from '../references.ts';

/** Q09: every application has a user of its own, with no more rights than it needs. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/own-accounts',
  aliases: ['Q09'],
  title: 'Every consumer of RabbitMQ has a user of its own, with rights of its own',
  severity: 'medium',
  rationale:
    'A user that several share, or that may touch everything, turns one careless application into all of them, and nobody can tell who did what.',
  fix: 'Give every consumer a user, a vhost and permissions; palisade harden does.',
  references: [checklist('Users and Permissions'), documentation('access-control', 'Authorisation')],
  checklist: ['least-privilege-policies'],
  static: askFiles(function* (service, stack) {
    const callers = callersOf(stack, service);
    const at = service.image?.at ?? service.at;
    const users = callers.flatMap((caller) =>
      writtenLogins(caller, service.name).map(({ user, at: place }) => ({ caller, user, place })),
    );
    const shared = users.find(
      ({ user, caller }) =>
        user === 'guest' ||
        user === '' ||
        users.some((other) => other.user === user && other.caller.name !== caller.name),
    );
    if (shared !== undefined) {
      const name = shared.user === '' ? 'guest' : shared.user;
      yield {
        outcome: 'fail',
        message: `${shared.caller.name} comes as ${name}, and is not the only one`,
        at: shared.place,
        key: name,
        // The connection string is the consumer's: what this kind writes does not change it.
        byFiles: false,
      };
    } else if (hardenedEntrypoint(service) !== undefined)
      yield { outcome: 'pass', message: 'users are made inside of the server, one for each consumer', at };
    else if (callers.length === 0) yield { outcome: 'not-applicable', message: 'nobody of the stack calls it', at };
    else yield { outcome: 'unknown', message: 'the files do not tell with which user its consumers come', at };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ users }) {
      if (!users.known) {
        yield unanswered(users);
        return;
      }
      let sound = true;
      for (const { name, tags, vhosts, unlimited } of users.value) {
        if (name === administrator) continue;
        const powerful = tags.find((tag) => ['administrator', 'policymaker', 'monitoring'].includes(tag));
        const [open] = unlimited;
        const problem =
          powerful !== undefined
            ? `${name} has the tag ${powerful}`
            : open !== undefined
              ? `${name} may touch everything in the vhost ${open}`
              : vhosts.length > 1
                ? `${name} has rights in ${vhosts.length} vhosts`
                : undefined;
        if (problem === undefined) continue;
        sound = false;
        yield { outcome: 'fail', message: problem, key: name };
      }
      if (sound) yield { outcome: 'pass', message: 'every user but the administrator has rights of its own alone' };
    }),
  },
};
