// The second step of `npm start` and `npm test`: on Node.js 24, with the packages there. Installs the servers that are
// missing, then runs the job.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setUp } from './install.ts';
import { ferretDbDirectory, openBaoDirectory, root } from './requirements.ts';
import { SetupError } from './setup-error.ts';

const say = (line: string): void => void process.stderr.write(`palisade: ${line}\n`);

const commands: Record<'start' | 'test' | 'check' | 'build', (rest: readonly string[]) => readonly string[]> = {
  start: (rest) => [join(root, 'packages', 'palisade', 'src', 'cli', 'main.ts'), 'demo', ...rest],
  check: () => [join(root, 'tools', 'check.ts')],
  build: () => [join(root, 'tools', 'build.ts')],
  test: (rest) => [
    '--test',
    '--test-concurrency=2',
    ...(rest.length > 0
      ? rest
      : [
          'packages/*/{src,test}/**/*.test.ts',
          'apps/*/{src,test}/**/*.test.ts',
          'tools/**/*.test.ts',
          'bench/**/*.test.ts',
        ]),
  ],
};

const [job, ...rest] = process.argv.slice(2);
if (job !== 'start' && job !== 'test' && job !== 'check' && job !== 'build')
  throw new Error(`unknown job ${job ?? ''}`);
try {
  if (job === 'start' || job === 'test') setUp(job, say);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exit(2);
}

const directories = [join(root, 'node_modules', '.bin'), openBaoDirectory, ferretDbDirectory].filter((directory) =>
  existsSync(directory),
);
const child = spawn(process.execPath, ['--conditions=palisade-source', ...commands[job](rest)], {
  cwd: job === 'start' ? process.cwd() : root,
  stdio: 'inherit',
  env: { ...process.env, PATH: [...directories, process.env['PATH'] ?? ''].join(delimiter) },
});
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
