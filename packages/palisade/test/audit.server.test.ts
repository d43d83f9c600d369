import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTransitSigner, openAuditLog, readCheckpointKey, verifyAuditLog } from '@palisade/audit';
import { startDevelopmentServer } from '../../vault/test/server.ts';

test('checkpoints signed by a key of the transit engine are verified without the server, by its public key', async () => {
  const server = await startDevelopmentServer();
  const directory = await mkdtemp(join(tmpdir(), 'palisade-audit-'));
  try {
    const { client } = server;
    await client.sys.enableMount('transit', { type: 'transit' });
    await client.transit().createKey('audit');
    const log = await openAuditLog({
      directory,
      checkpoints: { signer: createTransitSigner(client.transit(), 'audit') },
    });
    await log.append({ class: 'authentication', activity: 'logon', outcome: 'success', operation: 'login' });
    const checkpoint = await log.checkpoint();
    assert.deepEqual(
      [checkpoint?.seq, checkpoint?.signature?.kind, checkpoint?.signature?.key],
      [3, 'vault-transit', 'audit'],
    );

    const answer = await client.send({ method: 'GET', path: 'transit/keys/audit' });
    const key = readCheckpointKey(answer.data().fields('keys').fields('1').text('public_key'));
    const { findings, vouched } = await verifyAuditLog(directory, { keys: [key] });
    assert.deepEqual([findings, vouched?.signed, vouched?.checkpoint.seq], [[], true, 3]);

    await server.kill();
    await log.append({ class: 'authentication', activity: 'logoff', outcome: 'success', operation: 'logout' });
    await assert.rejects(log.checkpoint(), { code: 'audit/not-signed' });
    await log.close();
    assert.deepEqual((await verifyAuditLog(directory, { keys: [key] })).findings, []);
  } finally {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
