import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Control } from '../contracts/control.ts';
import { loadStack } from '../model/index.ts';
import { control as defaultSecret } from './container/default-secret.ts';
import { control as emptySecret } from './container/empty-secret.ts';
import { control as literalSecret } from './container/literal-secret.ts';
import { control as secretFileMode } from './files/secret-file-mode.ts';
import { control as debugLevel } from './logging/debug-level.ts';
import { control as dockerfileSecret } from './supply/dockerfile-secret.ts';

/** Every secret that the fixtures of these controls hold. */
const canary =
  /hunter2|s3cr3t|changeme|something-else|from-a-file|0123456789abcdef|bm90IGEga2V5|glpat-|:guest@|is abc|= ?abc/;

const folderOf = (id: string): string => {
  const [area = '', slug = ''] = id.split('/');
  return join(import.meta.dirname, area, 'fixtures', slug);
};

const controls: readonly Control[] = [
  literalSecret,
  defaultSecret,
  emptySecret,
  secretFileMode,
  dockerfileSecret,
  debugLevel,
];

suite('no observation shows a secret', () => {
  for (const control of controls)
    for (const name of readdirSync(folderOf(control.id)))
      test(`${control.id} ${name}`, async () => {
        const directory = join(folderOf(control.id), name);
        const stack = await loadStack({ directory, kinds: [], environment: { HOME: '/home/user' } });
        const observations = [...(control.static?.(stack) ?? [])];
        assert.ok(observations.length > 0);
        for (const { message, resource, ...rest } of observations) {
          assert.doesNotMatch(JSON.stringify([message, resource]), canary);
          if ('key' in rest) assert.doesNotMatch(rest.key ?? '', canary);
        }
      });
});
