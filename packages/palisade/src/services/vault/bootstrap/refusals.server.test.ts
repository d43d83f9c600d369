import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { Secret, createVaultClient } from '@palisade/vault';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { goal, optionsFor, startExample } from '../../../../test/vault-bootstrap/example.ts';
import { PalisadeError } from '../../../support/errors.ts';
import { bootstrapVault } from './bootstrap.ts';
import { authoritiesOf } from './bundle.ts';
import { openKeyStore } from './key-store.ts';

const recipient = await identityToRecipient(await generateIdentity());

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof PalisadeError, inspect(thrown));
  assert.doesNotMatch(inspect(thrown, { depth: 12, showHidden: true }), /AGE-SECRET-KEY/);
  return thrown.code;
};

test('refuses a server that somebody else initialised', async () => {
  const stranger = await startExample();
  const authorities = await authoritiesOf(stranger.places.listener);
  const client = createVaultClient({ address: stranger.places.address, authorities });
  let asides = 0;
  const attempt = (): Promise<unknown> =>
    bootstrapVault(
      optionsFor(stranger.places, {
        ...stranger.runtime,
        setAside: async () => {
          asides += 1;
          await stranger.runtime.setAside();
        },
      }),
    );
  try {
    const { shares } = await client.sys.init({ shares: 1, threshold: 1 });
    assert.equal(await codeOf(attempt()), 'vault-bootstrap/keys-unknown');
    // Even with an intent of ours: who could unseal it holds the keys.
    const kept = await openKeyStore(stranger.places.state);
    await kept.writeIntent({ recipients: [recipient], shares: 1, threshold: 1 });
    const [share] = shares;
    assert.ok(share !== undefined);
    await client.sys.unseal(share);
    assert.equal(await codeOf(attempt()), 'vault-bootstrap/keys-unknown');
    assert.equal(asides, 0);
    // Sealed, with an intent and no keys: that is a run of ours that was killed.
    await stranger.server.kill();
    await stranger.server.start();
    await attempt();
    assert.equal(asides, 1);
    assert.ok((await kept.demoIdentity()) !== undefined);
  } finally {
    await client.close();
    await stranger.server.close();
  }
});

test('says what is missing before it touches the server', async () => {
  const untouched = await startExample();
  const attempt = (rest: Parameters<typeof optionsFor>[2]): Promise<string> =>
    codeOf(bootstrapVault(optionsFor(untouched.places, untouched.runtime, rest)));
  const [secret] = goal.secrets;
  assert.ok(secret !== undefined);
  try {
    assert.equal(await attempt({ goal: { ...goal, consumers: [] } }), 'vault-bootstrap/consumer-without-network');
    assert.equal(
      await attempt({ goal: { ...goal, secrets: [{ ...secret, path: 'a/*' }] } }),
      'vault-bootstrap/name-refused',
    );
    assert.equal(await attempt({ recipients: ['age1wrong'] }), 'vault-bootstrap/recipient-refused');
    const stranger = new Secret(await generateIdentity());
    assert.equal(await attempt({ recipients: [recipient], identity: stranger }), 'vault-bootstrap/identity-wrong');
    assert.equal(
      await attempt({ recipients: [], identity: new Secret('AGE-SECRET-KEY-1CANARY') }),
      'vault-bootstrap/identity-wrong',
    );
    const client = createVaultClient({
      address: untouched.places.address,
      authorities: await authoritiesOf(untouched.places.listener),
    });
    assert.equal((await client.sys.health()).health, 'uninitialized');
    await client.close();
  } finally {
    await untouched.server.close();
  }
});
