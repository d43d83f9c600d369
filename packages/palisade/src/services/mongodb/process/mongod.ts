import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ProcessContext, ProcessPlan } from '../../../contracts/service-kind.ts';
import { nested, typed } from '../configuration.ts';
import type { Entry } from '../configuration-file.ts';
import { dataDirectory, hardenedEntrypoint } from '../posture.ts';
import { ready } from './local-client.ts';
import { baseEnvironment, credentials, hardenedEnvironment, hostPath, portOf, writeOwn } from './surroundings.ts';

type Setting = readonly [name: string, value: string | number | boolean];

/** Settings that this machine decides instead of the stack. */
const decidedHere =
  /^(?:net\.(?:port|bindIp|bindIpAll|ipv6)|storage\.dbPath|systemLog\.(?:destination|path|logAppend)|processManagement\..*)$/;

/** The real server, with the configuration of the stack at the places and the port of this machine. */
export const planMongod = async (
  context: ProcessContext,
  settings: readonly Entry[],
  program: string,
): Promise<ProcessPlan> => {
  const { stack, service, layout } = context;
  const given = settings.filter(({ name }) => !decidedHere.test(name));
  const data = layout.path(dataDirectory(stack, service));
  const configuration = stringify(
    nested([
      ...given.map(({ name, value }): Setting => [
        name,
        value.startsWith('/') ? hostPath(context, value) : typed(value),
      ]),
      ['net.port', portOf(context)],
      ['net.bindIp', '127.0.0.1'],
      ['storage.dbPath', data],
    ]),
  );
  const file = await writeOwn(context, 'mongod.conf', configuration);
  const firstStart = stringify(
    nested([
      ...given
        .filter(({ name }) => name.startsWith('storage.'))
        .map(({ name, value }): Setting => [name, typed(value)]),
      ['net.bindIp', join(credentials(context), 'first-start.sock')],
      ['storage.dbPath', data],
    ]),
  );
  const environment = baseEnvironment(context);
  const script = hardenedEntrypoint(service);
  const args = ['--config', file];
  return {
    prepare: [],
    run:
      script === undefined
        ? { program, args, environment }
        : {
            program: '/bin/sh',
            args: [layout.path(script), ...args],
            environment: {
              ...environment,
              ...hardenedEnvironment(context),
              PALISADE_ENTRYPOINT: program,
              PALISADE_DATA_DIRECTORY: data,
              PALISADE_FIRST_START: await writeOwn(context, 'first-start.conf', firstStart),
              PALISADE_ADMINISTRATOR: layout.path('/init/administrator.sh'),
            },
          },
    ready: (signal) => ready(context, signal),
  };
};
