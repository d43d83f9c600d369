import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consumerRules } from '../../../../packages/palisade/src/services/redis/accounts.ts';
import { freePort, startChild } from '../../src/testing/children.ts';
import { type NeighbourServer, type Start, end, environmentIn, identityIn, untilSaid } from './server.ts';

/** Starts one Redis server, which keeps nothing on disk. */
export const startRedis = async (start: Start): Promise<NeighbourServer> => {
  const { directory, account } = start;
  const { certificate, key, authorities } = await identityIn(start, 'redis');
  const port = await freePort();
  const hash = createHash('sha256').update(account.password.reveal()).digest('hex');
  const configuration = join(directory, 'redis.conf');
  await writeFile(
    configuration,
    `bind 127.0.0.1
port 0
tls-port ${port}
tls-cert-file ${certificate}
tls-key-file ${key}
tls-ca-cert-file ${authorities}
tls-auth-clients yes
dir ${directory}
save ""
user default off
user ${account.username} on #${hash} ${consumerRules}
`,
    { mode: 0o600 },
  );
  const child = startChild('redis-server', [configuration], { env: environmentIn(directory), cwd: directory });
  await untilSaid(child, 'Ready to accept connections');
  return {
    port,
    stop: () => end(child),
  };
};
