import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority } from '../../testing/certificates.ts';
import { execute, freePort, startChild, until } from '../../testing/children.ts';

/** A Redis server over TLS, for one test file. */
export interface RedisServer {
  readonly port: number;
  /** Starts it again, with nothing in it. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a server on loopback that lets in one user, who has shown a certificate of the authority. */
export const startRedis = async (
  directory: string,
  {
    authority,
    username,
    password,
  }: { readonly authority: Authority; readonly username: string; readonly password: string },
): Promise<RedisServer> => {
  await mkdir(directory, { recursive: true });
  await authority.issue(directory, { name: 'redis' });
  const port = await freePort();
  const settings = {
    port: '0',
    'tls-port': String(port),
    bind: '127.0.0.1',
    'tls-cert-file': join(directory, 'cert.pem'),
    'tls-key-file': join(directory, 'key.pem'),
    'tls-ca-cert-file': join(directory, 'ca.pem'),
    save: '',
    dir: directory,
  };
  const start = async (): Promise<() => Promise<void>> => {
    const child = startChild(
      'redis-server',
      [
        ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        '--user',
        'default',
        'off',
        '--user',
        username,
        'on',
        `>${password}`,
        '~*',
        '+@all',
      ],
      { env: { PATH: process.env['PATH'] ?? '' }, cwd: directory },
    );
    const shake = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', settings['tls-ca-cert-file']];
    await until(
      () =>
        execute('sh', ['-c', 'exec openssl "$@" </dev/null', 'openssl', ...shake]).then(
          () => true,
          () => false,
        ),
      child.output,
    );
    return async () => {
      await child.stop();
    };
  };
  let running: (() => Promise<void>) | undefined = await start();
  return {
    port,
    start: async () => {
      running ??= await start();
    },
    stop: async () => {
      await running?.();
      running = undefined;
    },
  };
};
