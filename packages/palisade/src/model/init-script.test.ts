import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../support/exec.ts';
import { type InitScript, renderInitScript } from './init-script.ts';

const script: InitScript = {
  service: 'redis-1',
  secretPath: 'redis/redis-1',
  fields: {
    password: { as: 'file', variable: 'REDIS_PASSWORD_FILE' },
    replica_password: { as: 'environment', variable: 'REPLICA_PASSWORD' },
  },
  entrypoint: '/usr/local/bin/entrypoint.sh',
};

describe('the init script', () => {
  it('is a script that a shell accepts', async () => {
    const { exitCode, stderr } = await run('/bin/sh', ['-n'], { input: renderInitScript(script), timeout: 5000 });
    assert.deepEqual([exitCode, stderr], [0, '']);
  });

  it('takes nothing but an exact path and exact fields', () => {
    const text = renderInitScript(script);
    assert.match(text, /request GET secret\/data\/redis\/redis-1 ''/);
    assert.match(text, /exec "\$\{PALISADE_ENTRYPOINT:-\/usr\/local\/bin\/entrypoint\.sh\}" "\$@"\n$/);
    for (const field of ['password', 'replica_password'])
      assert.match(text, new RegExp(`^take ${field}\nfield_${field}=\\$value$`, 'm'));
  });

  it('is the same text for the same parameters', () => {
    assert.equal(renderInitScript(script), renderInitScript(structuredClone(script)));
  });

  const refused: readonly (readonly [string, Partial<InitScript>])[] = [
    ['a service', { service: 'a; reboot' }],
    ['a secret path', { secretPath: "x'$(id)" }],
    ['an absolute secret path', { secretPath: '/x' }],
    ['a field', { fields: { 'a b': { as: 'file', variable: 'A' } } }],
    ['a variable', { fields: { a: { as: 'environment', variable: 'A=1; B' } } }],
    ['an entry point', { entrypoint: 'a b' }],
    ['a condition', { deliverUnless: '$(id)' }],
  ];
  for (const [what, change] of refused)
    it(`does not take shell text for ${what}`, () =>
      assert.throws(() => renderInitScript({ ...script, ...change }), TypeError));
});
