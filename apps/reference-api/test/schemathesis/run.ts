import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Target } from '../attacked/target.ts';

/** Where the set-up of the tests keeps it. */
const packages = fileURLToPath(new URL('../../../../.cache/tools/schemathesis-4.32.5', import.meta.url));

/** Why it cannot be run; undefined where it can. */
export const whyNot = (): string | undefined =>
  existsSync(packages) ? undefined : 'Schemathesis is not here; the set-up of npm test says why';

/** What a run found. */
export interface Outcome {
  /** 0 where every answer was as the document says. */
  readonly code: number;
  readonly output: string;
  /** Requests of each operation: of `POST /api/order`, for example. */
  readonly cases: Readonly<Record<string, number>>;
}

/** Milliseconds that a run may take, a multiple of what it needs. */
const within = 100_000;

/**
 * Has Schemathesis try what the document allows and what it does not, with all of its checks; with a token, or as a stranger where
 * there is none. Each operation gets what is special about its document, and then so many requests of chance: a number and not a
 * time, which on a busy machine would be over before the last operations had their turn.
 */
export const runSchemathesis = async (
  target: Target,
  { document, token, each }: { readonly document: string; readonly token?: string; readonly each: number },
): Promise<Outcome> => {
  const directory = join(target.directory, `schemathesis-${token === undefined ? 'stranger' : 'administrator'}`);
  await mkdir(directory, { mode: 0o700 });
  const at = (name: string): string => join(directory, name);
  await writeFile(at('openapi.json'), document);
  const login = token === undefined ? '' : `[auth.openapi.bearer]\nbearer = ${JSON.stringify(token)}\n`;
  await writeFile(at('configuration.toml'), login, { mode: 0o600 });
  const bounds = [
    '--max-examples',
    String(each),
    '--request-timeout',
    '10',
    '--seed',
    '1',
    '--generation-database',
    'none',
  ];
  const connection = ['--url', `https://localhost:${target.direct.port}`, '--tls-verify', target.authorityFile];
  const checks = ['--checks', 'all', '--continue-on-failure', '--no-color'];
  const command = ['-m', 'schemathesis.cli', '--config-file', at('configuration.toml'), 'run', at('openapi.json')];
  const args = [...command, ...connection, ...bounds, ...checks];
  const child = spawn('python3', args, {
    cwd: directory,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      LANG: 'C.UTF-8',
      PYTHONPATH: [packages, fileURLToPath(new URL('.', import.meta.url))].join(':'),
      PYTHONDONTWRITEBYTECODE: '1',
      SCHEMATHESIS_HOOKS: 'hooks',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: within,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  await once(child, 'close');
  // There is none where it did not come to its end.
  const counted = await readFile(at('cases.json'), 'utf8').catch(() => '{}');
  const cases = z.record(z.string(), z.number()).parse(JSON.parse(counted));
  return { code: child.exitCode ?? 128, output, cases };
};
