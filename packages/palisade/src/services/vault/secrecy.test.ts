import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';

import { loadStack } from '../../model/index.ts';
import { makeProject } from '../../testing/host-process.ts';
import { control as noRootToken } from './controls/no-root-token.ts';
import { control as noUnsealKeys } from './controls/no-unseal-keys.ts';
import { kind } from './index.ts';

const compose = `services:
  vault:
    image: openbao/openbao:2.4.1
    command: ["server", "-dev", "-dev-root-token-id=canary-argument"]
    environment:
      BAO_DEV_ROOT_TOKEN_ID: canary-variable
  app:
    image: example/app:1
    environment:
      VAULT_TOKEN: \${VAULT_TOKEN}
      UNSEAL_KEY: canary-key
`;

describe('findings about tokens and unseal keys', () => {
  it('name the places, and never show a value', async () => {
    const directory = await makeProject({ 'compose.yaml': compose, '.env': 'VAULT_TOKEN=canary-interpolated\n' });
    const stack = await loadStack({ directory, kinds: [kind], environment: {} });
    await rm(directory, { recursive: true });
    const observations = [...(noRootToken.static?.(stack) ?? []), ...(noUnsealKeys.static?.(stack) ?? [])];
    const failures = observations.filter(({ outcome }) => outcome === 'fail');
    assert.equal(failures.length, 3);
    for (const failure of failures) {
      // An edit has to know what it replaces; whoever shows edits hides that.
      const shown = JSON.stringify(failure, (key, value: unknown) => (key === 'remedy' ? undefined : value));
      assert.doesNotMatch(shown, /canary/);
    }
  });
});
