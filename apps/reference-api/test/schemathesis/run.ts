import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
}

/**
 * Has Schemathesis try for so many seconds what the document allows and what it does not, with all of its checks; with a token, or
 * as a stranger where there is none.
 */
export const runSchemathesis = async (
  target: Target,
  { document, token, seconds }: { readonly document: string; readonly token?: string; readonly seconds: number },
): Promise<Outcome> => {
  const directory = join(target.directory, `schemathesis-${token === undefined ? 'stranger' : 'administrator'}`);
  await mkdir(directory, { mode: 0o700 });
  const at = (name: string): string => join(directory, name);
  await writeFile(at('openapi.json'), document);
  const login = token === undefined ? '' : `[auth.openapi.bearer]\nbearer = ${JSON.stringify(token)}\n`;
  await writeFile(at('configuration.toml'), login, { mode: 0o600 });
  const bounds = [
    '--max-time',
    String(seconds),
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
      SCHEMATHESIS_HOOKS: 'addresses',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (seconds + 60) * 1_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  await once(child, 'close');
  return { code: child.exitCode ?? 128, output };
};
