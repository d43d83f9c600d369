import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ferretDbDirectory } from '../../../../tools/setup/requirements.ts';
import { freePort, startChild } from '../../src/testing/children.ts';
import { type NeighbourServer, type Start, end, environmentIn, identityIn, untilSaid } from './server.ts';

const database = 'devdb';

/** FerretDB: on PATH, or where the set-up of the tests builds it. */
const program = (): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), ferretDbDirectory]
    .map((directory) => join(directory, 'ferretdb'))
    .find((path) => existsSync(path));

/** Why it cannot be started; undefined where it can. */
export const whyNoMongodb = (): string | undefined =>
  program() === undefined ? 'FerretDB is not here; the set-up of npm test builds it where MongoDB is not' : undefined;

/** Starts FerretDB, which speaks the protocol of MongoDB. It knows accounts but no rights of theirs. */
export const startMongodb = async (start: Start): Promise<NeighbourServer> => {
  const { directory, account } = start;
  const { certificate, key, authorities } = await identityIn(start, 'mongodb');
  const port = await freePort();
  const child = startChild(
    program() ?? 'ferretdb',
    [
      '--handler=sqlite',
      `--sqlite-url=file:${directory}/`,
      `--state-dir=${directory}`,
      '--telemetry=disable',
      '--debug-addr=-',
      '--listen-addr=',
      `--listen-tls=127.0.0.1:${port}`,
      `--listen-tls-cert-file=${certificate}`,
      `--listen-tls-key-file=${key}`,
      `--listen-tls-ca-file=${authorities}`,
      '--test-enable-new-auth',
      `--setup-database=${database}`,
      `--setup-username=${account.username}`,
      '--log-level=info',
    ],
    {
      // Its own way to be told a password; nobody but its account can read it there.
      env: { ...environmentIn(directory), FERRETDB_SETUP_PASSWORD: account.password.reveal() },
      cwd: directory,
    },
  );
  await untilSaid(child, 'Listening on TLS');
  return {
    port,
    database,
    stop: () => end(child),
  };
};
