import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { inProject } from './command-line.ts';

/** A preload that writes down what is resolved, one URL a line, when the process ends. */
const recorder = `import { registerHooks } from 'node:module';
import { writeFileSync } from 'node:fs';
const urls = [];
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    urls.push(found.url);
    return found;
  },
});
process.on('exit', () => writeFileSync(process.env.LOADED_MODULES, urls.join('\\n')));
`;

/** Modules that an assessment of the files has no use for: servers, probes, and libraries that talk to servers. */
const needless = [
  /\/node_modules\/(?:pg|undici|age-encryption|fastify|zod|diff)\//,
  /\/packages\/audit\//,
  /\/packages\/vault\/(?:src|dist)\/(?!secret\.)/,
  /\/palisade\/(?:src|dist)\/runtime\//,
  /\/services\/[^/]+\/probe/,
  /\/services\/vault\/bootstrap\//,
  /\/engine\/(?:plan|apply|target|diff)\//,
];

const loadedBy = async (args: readonly string[]): Promise<readonly string[]> => {
  let loaded: readonly string[] = [];
  await inProject(
    {
      'compose.yaml':
        'services:\n  db:\n    image: postgres:16\n  vault:\n    image: hashicorp/vault:1.18\n  api:\n    build: .\n    ports: ["8000:8000"]\n',
    },
    async (directory) => {
      const list = join(directory, 'loaded.txt');
      writeFileSync(join(directory, 'recorder.mjs'), recorder);
      const bin = join(import.meta.dirname, '..', 'bin', 'palisade.js');
      const run = promisify(execFile)(process.execPath, ['--import', join(directory, 'recorder.mjs'), bin, ...args], {
        cwd: directory,
        env: { ...process.env, LOADED_MODULES: list },
        timeout: 60_000,
      });
      // It ends with 1: the stack is weak.
      await run.catch(() => undefined);
      loaded = readFileSync(list, 'utf8').split('\n');
    },
  );
  return loaded;
};

test('assess loads no server, no probe and no library that talks to servers', async () => {
  const loaded = await loadedBy(['assess']);
  assert.ok(
    loaded.some((url) => url.endsWith('/engine/assess/assess.ts')),
    'the assessment itself was not seen',
  );
  assert.deepEqual(
    loaded.filter((url) => needless.some((pattern) => pattern.test(url))),
    [],
  );
});

test('the same watch sees what asks running services, where they are asked', async () => {
  const loaded = await loadedBy(['assess', '--live']);
  assert.ok(
    loaded.some((url) => needless.some((pattern) => pattern.test(url))),
    'nothing of it was seen',
  );
});
