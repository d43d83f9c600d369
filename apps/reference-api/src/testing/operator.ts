import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Secret } from '@palisade/vault/secret';
import type { TestClient } from '../oauth/testing/flow.ts';
import { type Outside, redirectUri } from '../oauth/testing/ground.ts';
import type { Api, HardenedPlayground } from './playground.ts';

/** What a command did. */
export interface Outcome {
  readonly code: number;
  /** Standard output, where secrets go. */
  readonly printed: string;
  /** Standard error. */
  readonly said: string;
}

const entry = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Runs a command with the environment of a service, as `docker compose exec` would; bounded by 30 s. */
export const operate = async (
  { environment }: Pick<Api, 'environment'>,
  words: readonly string[],
  input = '',
): Promise<Outcome> => {
  const child = spawn(process.execPath, ['--conditions=palisade-source', entry, ...words], {
    env: { ...environment },
    stdio: 'pipe',
    timeout: 30_000,
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (part: string) => {
      texts[name] += part;
    });
  // It may end before it has read.
  child.stdin.on('error', () => undefined).end(input);
  await once(child, 'close');
  return { code: child.exitCode ?? 128, printed: texts.stdout, said: texts.stderr };
};

/** As `operate`, for commands that have to work; gives what they printed. */
export const achieve = async (api: Pick<Api, 'environment'>, words: readonly string[], input = ''): Promise<string> => {
  const { code, printed, said } = await operate(api, words, input);
  if (code !== 0) throw new Error(`${words.slice(0, 2).join(' ')} ended with ${code}: ${said}`);
  return printed;
};

/** The service as its users see it. */
export const outsideOf = async (ground: HardenedPlayground, api: Api, password: Secret): Promise<Outside> => ({
  issuer: api.environment['PUBLIC_ORIGIN'] ?? '',
  authority: await readFile(ground.authority.certificate, 'utf8'),
  password,
});

/** Adds an account of each role (ada: admin, ulf: user), a web client and a robot that may read, all by commands. */
export const populate = async (
  api: Pick<Api, 'environment'>,
  password: Secret,
): Promise<{ readonly web: TestClient; readonly robot: TestClient }> => {
  for (const [name, role] of [
    ['ada', 'admin'],
    ['ulf', 'user'],
  ] as const)
    await achieve(api, ['accounts', 'add', name, '--role', role], `${password.reveal()}\n`);
  const add = async (id: string, ...rest: readonly string[]): Promise<TestClient> => ({
    id,
    secret: new Secret((await achieve(api, ['clients', 'add', id, ...rest])).trim()),
  });
  return {
    web: await add('web', '--redirect-uri', redirectUri),
    robot: await add('robot', '--role', 'readonly', '--scope', 'read', '--introspects'),
  };
};
