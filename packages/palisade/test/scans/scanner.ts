import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/** Why a scanner cannot be used here; undefined where it can. */
export const whyNoScanner = (...programs: readonly string[]): string | undefined => {
  const missing = programs.filter((program) => spawnSync('which', [program], { timeout: 5_000 }).status !== 0);
  return missing.length === 0 ? undefined : `not run: ${missing.join(', ')} not installed`;
};

/** Runs a scanner to its end; killed after a time in milliseconds. What it says of itself is in the exit code at most. */
export const runScanner = (
  program: string,
  args: readonly string[],
  { timeout, answers }: { readonly timeout: number; readonly answers: (code: number) => boolean },
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code !== null && answers(code)) resolve(stdout);
      else
        reject(
          new assert.AssertionError({ message: `${program} ended with ${code ?? signal ?? ''}: ${stderr}${stdout}` }),
        );
    });
  });

/** Attributes of each element of a name in a document of XML as scanners write it: no text between, no entities in what is asked for. */
export const elements = (xml: string, name: string): readonly ReadonlyMap<string, string>[] =>
  [...xml.matchAll(new RegExp(`<${name}\\b([^>]*)>`, 'g'))].map(
    ([, attributes = '']) =>
      new Map([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value])),
  );
