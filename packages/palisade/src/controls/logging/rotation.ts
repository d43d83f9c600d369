import type { ComposeEdit } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { setServiceKey } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { composeService } from '../references.ts';

const rotate = (stack: Stack, { name, logging }: Service): readonly ComposeEdit[] => {
  if (logging === undefined)
    return setServiceKey(stack, name, ['logging'], {
      driver: 'json-file',
      options: { 'max-size': '10m', 'max-file': '3' },
    });
  return [
    ...(logging.value.driver === undefined ? setServiceKey(stack, name, ['logging', 'driver'], 'json-file') : []),
    ...setServiceKey(stack, name, ['logging', 'options', 'max-size'], '10m'),
    ...(logging.value.options.has('max-file')
      ? []
      : setServiceKey(stack, name, ['logging', 'options', 'max-file'], '3')),
  ];
};

/** O01: logs do not grow for ever. */
export const control: Control = {
  id: 'logging/rotation',
  aliases: ['O01'],
  title: 'Container logs are rotated',
  severity: 'medium',
  rationale:
    'The engine keeps the log of a container in one file that grows until the disk is full; whoever can make a service log can stop every service of the host.',
  fix: 'Set `logging` with `max-size` and `max-file`, or a driver that rotates (`local`) or ships the log.',
  references: [
    composeService('logging'),
    {
      source: 'Docker documentation, JSON file logging driver',
      url: 'https://docs.docker.com/engine/logging/drivers/json-file/',
    },
  ],
  static: askEachService({
    sound: 'rotates its log',
    *faults(service, stack) {
      const { name, at, logging } = service;
      const driver = logging?.value.driver ?? 'json-file';
      if (driver === 'none' && logging !== undefined) {
        yield { message: `${name} throws its log away`, at: logging.at, key: 'none' };
        return;
      }
      if (driver !== 'json-file' || (logging?.value.options.get('max-size') ?? '') !== '') return;
      yield {
        message:
          logging === undefined ? `${name} lets its log grow without limit` : `${name} sets no max-size for its log`,
        at: logging?.at ?? at,
        key: 'max-size',
        remedy: rotate(stack, service),
      };
    },
  }),
};
