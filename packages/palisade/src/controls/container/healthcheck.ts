import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { dockerfileInstructions, dockerfileOf } from '../dockerfile.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const isBuiltIn = (stack: Stack, service: Service): boolean => {
  const text = dockerfileOf(stack, service)?.text;
  return (
    text !== undefined &&
    dockerfileInstructions(text).some(({ name, rest }) => name === 'HEALTHCHECK' && !/^NONE\b/i.test(rest))
  );
};

/** C17: the engine can tell a service that serves from one that hangs. */
export const control: Control = {
  id: 'container/healthcheck',
  aliases: ['C17'],
  title: 'Every service has a health check',
  severity: 'low',
  rationale:
    'Without a health check the engine takes a process that hangs for a service that works: nothing restarts it, and what depends on it starts too early.',
  fix: 'Add a `healthcheck` that asks the service itself, for example `pg_isready` or `redis-cli ping`.',
  references: [cisDocker('5.27'), composeService('healthcheck')],
  static: askEachService({
    sound: 'has a health check',
    *faults(service, stack) {
      const { name, at, healthcheck } = service;
      if (healthcheck?.value.disabled === true)
        yield { message: `${name} switches its health check off`, at: healthcheck.at };
      else if (healthcheck === undefined && !isBuiltIn(stack, service))
        yield { message: `${name} declares no health check`, at };
    },
  }),
};
