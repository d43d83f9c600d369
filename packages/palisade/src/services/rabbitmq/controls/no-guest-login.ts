import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { checklist, documentation } from '../references.ts';

/** Q01: nobody logs in with a password that everybody knows. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/no-guest-login',
  aliases: ['Q01'],
  title: 'RabbitMQ has no guest, and no known password works',
  severity: 'critical',
  rationale:
    'An empty node makes the administrator guest with the password guest: whoever reaches it reads and changes every queue, and makes accounts of its own.',
  fix: 'Start with definitions without users, give every consumer a user of its own, and delete guest; palisade harden does all of it.',
  references: [checklist('Users'), documentation('access-control', 'Default Virtual Host and User')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const definitions = setting('load_definitions');
    const user = setting('default_user');
    if (definitions.state === 'unknown' || user.state === 'unknown') {
      const { why, at } = definitions.state === 'unknown' ? definitions : { why: 'the files do not tell', at: user.at };
      yield { outcome: 'unknown', message: why, at };
      return;
    }
    const first = valueOf(user, 'guest') ?? 'guest';
    const password = service.environment.get('RABBITMQ_DEFAULT_PASS');
    if (definitions.state === 'set')
      yield { outcome: 'pass', message: 'an empty node loads definitions, and makes no guest', at: definitions.at };
    else if (first === 'guest')
      yield { outcome: 'fail', message: 'an empty node makes the administrator guest', at: user.at, key: 'guest' };
    else if (password?.value !== undefined && password.value !== null && password.value !== '')
      yield {
        outcome: 'fail',
        message: `the password of ${first} stands in the environment`,
        at: password.at,
        key: 'RABBITMQ_DEFAULT_PASS',
      };
    else yield { outcome: 'unknown', message: `the server decides about the password of ${first}`, at: user.at };
  }),
  live: {
    needs: ['rabbitmq'],
    attack: 'log in as guest, or with another password that is no secret',
    assess: askServers(function* ({ knownLogins, users }) {
      if (!knownLogins.known) {
        yield unanswered(knownLogins);
        return;
      }
      const { accepted } = knownLogins.value;
      for (const user of accepted)
        yield { outcome: 'fail', message: `${user} logs in with a password that is no secret`, key: user };
      if (accepted.length > 0) return;
      if (users.known && users.value.some(({ name }) => name === 'guest'))
        yield { outcome: 'fail', message: 'the user guest exists', key: 'guest' };
      else yield { outcome: 'pass', message: 'took none of the known passwords' };
    }),
  },
};
