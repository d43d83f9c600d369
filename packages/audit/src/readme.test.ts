import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { aDirectory, allLines } from '../test/logs.ts';
import { generateCheckpointKeys } from './index.ts';

test('the example of the readme does what it says', async (context) => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const [scratch, directory] = [aDirectory(context), aDirectory(context)];
  const file = join(scratch, 'example.ts');
  writeFileSync(
    file,
    `export const run = async (directory: string, privateKey: { reveal: () => string }, publicKey: string) => {\n${example.replace(
      /import (\{[^}]*\}) from '[^']*';/,
      `const $1 = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});`,
    )}
return { receipt, findings, records, undetectable };\n};\n`,
  );
  const { run } = await import(pathToFileURL(file).href);
  const { publicKey, privateKey } = generateCheckpointKeys();
  const { receipt, findings, records, undetectable } = await run(directory, privateKey, publicKey);
  assert.deepEqual([receipt.seq, findings, records], [3, [], 4]);
  assert.match(undetectable.join('\n'), /local key/);
  assert.doesNotMatch((await allLines(directory)).join('\n'), /never written/);
});
