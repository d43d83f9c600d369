import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { startDevelopmentServer } from '../test/server.ts';
import { Secret, createAppRoleSession, createVaultClient } from './index.ts';

test('runs the example of the README as it stands there', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(?<code>[^]*?)```/.exec(readme)?.groups?.['code'];
  assert.ok(example !== undefined);
  const [statement, ...rest] = example.split('\n\n');
  assert.match(
    statement ?? '',
    /^import \{ Secret, createAppRoleSession, createVaultClient \} from '@palisade\/vault';$/,
  );

  const server = await startDevelopmentServer();
  try {
    await server.client.sys.enableAuth('approle', 'approle');
    await server.client.sys.writePolicy(
      'app',
      'path "secret/data/app" { capabilities = ["create", "update", "read"] }',
    );
    const roles = server.client.approle();
    await roles.writeRole('app', {
      policies: ['app'],
      noDefaultPolicy: true,
      tokenTtl: 60,
      tokenMaxTtl: 60,
      tokenBoundCidrs: [],
      secretIdTtl: 60,
      secretIdUses: 0,
      secretIdBoundCidrs: [],
    });
    const roleId = await roles.readRoleId('app');
    const { secretId } = await roles.createSecretId('app', {});
    const printed: string[] = [];
    const names = {
      Secret,
      createAppRoleSession,
      createVaultClient: (options: Parameters<typeof createVaultClient>[0]) =>
        createVaultClient({ ...options, plaintext: true }),
      address: server.address,
      authorities: undefined,
      roleId,
      readSecretId: async () => secretId,
      console: { log: (...values: readonly unknown[]) => printed.push(values.map(String).join(' ')) },
    };
    const body = `return (async () => { ${rest.join('\n\n')} })();`;
    // oxlint-disable-next-line typescript/no-implied-eval -- the text comes from this package's own README
    const run: unknown = new Function(...Object.keys(names), body);
    assert.ok(typeof run === 'function');
    await run(...Object.values(names));
    assert.deepEqual(printed, ['1 ‹redacted›']);
  } finally {
    await server.close();
  }
});
