import type { ProcessContext, ProcessPlan } from '../../../contracts/service-kind.ts';
import type { Entry } from '../configuration-file.ts';
import { dataDirectory, hardenedEntrypoint } from '../posture.ts';
import { ready } from './local-client.ts';
import { renderFerretDbAdministrator, scriptEnvironment, standIn } from './stand-in.ts';
import { baseEnvironment, firstLogin, hardenedEnvironment, hostPath, portOf, writeOwn } from './surroundings.ts';

/**
 * FerretDB has no setting for cipher suites; the FIPS mode of Go's own library leaves those with authenticated encryption.
 * Source: Go documentation, "FIPS 140-3 Compliance".
 */
const strictTls = 'fips140=on';

/** FerretDB in place of mongod: what it cannot do is said in the log of the service, before anything else. */
export const planFerretDb = async (
  context: ProcessContext,
  settings: readonly Entry[],
  program: string,
): Promise<ProcessPlan> => {
  const { stack, service, layout } = context;
  const state = layout.stateDirectory;
  const places = {
    host: '127.0.0.1',
    port: portOf(context),
    data: layout.path(dataDirectory(stack, service)),
    state,
    path: (path: string) => hostPath(context, path),
  };
  const { args, ignored } = standIn(settings, places);
  const said =
    ignored.length === 0
      ? 'FerretDB stands in for mongod.'
      : `FerretDB stands in for mongod. It does nothing about: ${ignored.join(', ')}.`;
  const launcher = await writeOwn(
    context,
    'start.sh',
    `#!/bin/sh\n# Written by Palisade.\nprintf '%s\\n' '${said.replaceAll("'", '')}' >&2\nexec "$PALISADE_FERRETDB" "$@"\n`,
    0o700,
  );
  const environment = { ...baseEnvironment(context), PALISADE_FERRETDB: program, GODEBUG: strictTls };
  const script = hardenedEntrypoint(service);
  if (script === undefined) {
    const first = firstLogin(context);
    return {
      prepare: [],
      run: {
        program: '/bin/sh',
        args: [
          launcher,
          ...args,
          ...(first === undefined ? [] : ['--setup-database=admin', `--setup-username=${first.username}`]),
        ],
        environment: { ...environment, ...(first === undefined ? {} : { FERRETDB_SETUP_PASSWORD: first.password }) },
      },
      ready: (signal) => ready(context, signal),
    };
  }
  const byScript = renderFerretDbAdministrator(service);
  return {
    prepare: [],
    run: {
      program: '/bin/sh',
      // The stack's own init script, with the server itself where the image has its entry point.
      args: [layout.path(script), ...args],
      environment: {
        ...environment,
        ...hardenedEnvironment(context),
        ...scriptEnvironment(places),
        PALISADE_ENTRYPOINT: launcher,
        PALISADE_ADMINISTRATOR: await writeOwn(context, 'administrator.sh', byScript, 0o700),
      },
    },
    ready: (signal) => ready(context, signal),
  };
};
