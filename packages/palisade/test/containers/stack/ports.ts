import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  // All at the same time, so that no port is given twice.
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, () => {
            const address = server.address();
            if (typeof address === 'object' && address !== null) resolve(address.port);
            else reject(new Error('no port'));
          });
        }),
    ),
  );
  for (const server of servers) server.close();
  return ports;
};

/** Gives each port that a project publishes on the host a free one, because somebody may hold the usual ones; addresses stay. */
export const publishOnFreePorts = async (directory: string): Promise<void> => {
  const file = join(directory, 'compose.yaml');
  const text = readFileSync(file, 'utf8');
  const published = /^(      - "(?:127\.0\.0\.1:)?)\d+(:\d+")/gm;
  const ports = [...(await freePorts([...text.matchAll(published)].length))];
  writeFileSync(
    file,
    text.replace(published, (_, before: string, after: string) => `${before}${ports.pop() ?? 0}${after}`),
  );
};
