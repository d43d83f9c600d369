import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { documentation } from '../references.ts';

/** Levels that leave out who connects. */
const tooFew = /^(?:warning|error|critical|none)$/;

/** Who connects and who is refused is written down, and nothing that is for developers. */
export const control: Control<'rabbitmq'> = {
  id: 'rabbitmq/logins-logged',
  aliases: ['Q13'],
  title: 'RabbitMQ writes down who connects, and does not debug',
  severity: 'low',
  rationale:
    'A password that is guessed leaves no other trace than these lines. At the level debug they drown, among the inner states of connections.',
  fix: 'Set log.console = true, log.console.level = info and log.connection.level = info.',
  references: [documentation('logging', 'Log Message Categories')],
  checklist: ['no-debug-logging'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service);
    const levels = ['log.console.level', 'log.connection.level', 'log.file.level'].map((name) => ({
      name,
      found: setting(name),
    }));
    const [first] = levels;
    if (first?.found.state === 'unknown') {
      yield { outcome: 'unknown', message: first.found.why, at: first.found.at };
      return;
    }
    const bad = levels.filter(({ found }) => {
      const level = valueOf(found, 'info') ?? 'info';
      return level === 'debug' || tooFew.test(level);
    });
    for (const { name, found } of bad)
      yield { outcome: 'fail', message: `${name} is ${valueOf(found, '') ?? ''}`, at: found.at, key: name };
    if (bad.length === 0)
      yield {
        outcome: 'pass',
        message: 'connections and refusals are written down',
        at: first?.found.at ?? service.at,
      };
  }),
  live: {
    needs: ['rabbitmq'],
    assess: askServers(function* ({ settings }) {
      if (!settings.known) {
        yield unanswered(settings);
        return;
      }
      const level = settings.value.connectionLog;
      yield level !== null && (tooFew.test(level) || level === 'debug')
        ? {
            outcome: 'fail',
            message: `events of connections are written down from ${level} on`,
            key: 'log.connection.level',
          }
        : { outcome: 'pass', message: 'connections and refusals are written down' };
    }),
  },
};
