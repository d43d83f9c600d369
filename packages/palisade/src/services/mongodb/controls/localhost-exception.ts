import type { Control } from '../../../contracts/control.ts';
import '../evidence.ts';
import { settingsOf, valueOf } from '../posture.ts';
import { askFiles, askServers, unanswered } from '../question.ts';
import { manual } from '../references.ts';

const parameter = 'enableLocalhostAuthBypass';

/** G02: not even the container itself makes the first account without a login. */
export const control: Control<'mongodb'> = {
  id: 'mongodb/localhost-exception',
  aliases: ['G02'],
  title: 'MongoDB makes no exception for callers from its own host',
  severity: 'medium',
  rationale:
    'While a server has no account, or a shard has none of its own, whoever calls from localhost may make the first administrator: a foothold in the container becomes the database.',
  fix: `Set setParameter.${parameter} to false.`,
  references: [manual('core/localhost-exception'), manual('reference/parameters')],
  checklist: ['endpoint-authentication'],
  static: askFiles(function* (service, stack) {
    const setting = settingsOf(stack, service)(`setParameter.${parameter}`);
    if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
    else if (['false', '0'].includes(valueOf(setting, 'true') ?? ''))
      yield { outcome: 'pass', message: 'the exception for localhost is off', at: setting.at };
    else yield { outcome: 'fail', message: 'the exception for localhost is on', at: setting.at };
  }),
  live: {
    needs: ['mongodb'],
    assess: askServers(function* ({ product, parameters }) {
      if (!parameters.known) yield unanswered(parameters);
      else if (!product.known) yield unanswered(product);
      else if (product.value === 'ferretdb')
        yield { outcome: 'not-applicable', message: 'FerretDB, which stands in for MongoDB, has no such exception' };
      else if (parameters.value[parameter] === undefined)
        yield { outcome: 'unknown', message: `the server does not say what ${parameter} is` };
      else if (['false', '0'].includes(parameters.value[parameter]))
        yield { outcome: 'pass', message: 'the exception for localhost is off' };
      else yield { outcome: 'fail', message: 'the exception for localhost is on' };
    }),
  },
};
