import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  consumerNames,
  userChannels,
  userConnections,
  vhostConnections,
  vhostQueues,
} from '../../../../packages/palisade/src/services/rabbitmq/accounts.ts';
import { hashPassword, hashingAlgorithm } from '../../../../packages/palisade/src/services/rabbitmq/definitions.ts';
import { freePort, startChild } from '../../src/testing/children.ts';
import { type NeighbourServer, type Start, end, environmentIn, identityIn, untilSaid } from './server.ts';

/** Where Debian keeps the program itself; that on the path insists on an account and a directory of its own. */
const debianProgram = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** The account, its virtual host and their limits, as the server imports them. */
const definitionsFor = ({ username, password }: Start['account'], vhost: string): object => ({
  users: [
    {
      name: username,
      password_hash: hashPassword(password.reveal(), randomBytes(4)),
      hashing_algorithm: hashingAlgorithm,
      tags: '',
      limits: { 'max-connections': userConnections, 'max-channels': userChannels },
    },
  ],
  vhosts: [{ name: vhost }],
  permissions: [{ user: username, vhost, configure: consumerNames, write: consumerNames, read: consumerNames }],
  parameters: [
    {
      component: 'vhost-limits',
      name: 'limits',
      vhost,
      value: { 'max-connections': vhostConnections, 'max-queues': vhostQueues },
    },
  ],
});

/** Starts RabbitMQ without plugins, with an epmd of its own. It takes longest of all to start. */
export const startRabbitmq = async (start: Start): Promise<NeighbourServer> => {
  const { directory, account } = start;
  const { certificate, key, authorities } = await identityIn(start, 'rabbitmq');
  const vhost = account.username;
  const at = (name: string): string => join(directory, name);
  await writeFile(at('definitions.json'), JSON.stringify(definitionsFor(account, vhost)), { mode: 0o600 });
  await writeFile(at('enabled_plugins'), '[].\n');
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()];
  await writeFile(
    at('rabbitmq.conf'),
    `listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:${port}
ssl_options.cacertfile = ${authorities}
ssl_options.certfile = ${certificate}
ssl_options.keyfile = ${key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
auth_mechanisms.1 = PLAIN
load_definitions = ${at('definitions.json')}
distribution.listener.interface = 127.0.0.1
log.file = false
log.console = true
`,
  );
  const env = {
    ...environmentIn(directory),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_NODENAME: 'rabbit@localhost',
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: at('none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('none.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_LOGS: '-',
    // The server itself gets the signal to stop, without a shell between that would outlive it or be outlived.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  // Started by the server it would be a daemon.
  const epmd = startChild('epmd', ['-address', '127.0.0.1', '-port', String(names)], { env, cwd: directory });
  const server = startChild(existsSync(debianProgram) ? debianProgram : 'rabbitmq-server', [], { env, cwd: directory });
  const stop = async (): Promise<void> => {
    await end(server);
    await end(epmd);
  };
  try {
    await untilSaid(server, 'Server startup complete');
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, database: vhost, stop };
};
