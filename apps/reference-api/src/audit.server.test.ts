import assert from 'node:assert/strict';
import { cp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCheckpointKey, verifyAuditLog } from '@palisade/audit';
import { until } from './testing/children.ts';
import { achieve } from './testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened } from './testing/playground.ts';

let ground: HardenedPlayground;
let api: Api;
before(async () => {
  ground = await openHardened();
  api = await ground.startApi({ AUDIT_SIGNING_KEY_NAME: 'reference-api-audit' });
});
after(() => ground.close());

const directoryOf = ({ environment }: Api): string => environment['AUDIT_DIRECTORY'] ?? '';
const verify = (directory: string): ReturnType<typeof verifyAuditLog> =>
  verifyAuditLog(directory, { keys: [readCheckpointKey(ground.vault.auditKey)] });

test('Vault signs the end of the log where the service ends, and another end shows', async () => {
  const own = await ground.startApi({ AUDIT_SIGNING_KEY_NAME: 'reference-api-audit' });
  await own.stop();
  const directory = directoryOf(own);
  const { findings, agreed, vouched, head } = await verify(directory);
  assert.deepEqual(findings, []);
  assert.ok(agreed > 0);
  assert.equal(vouched?.checkpoint.signature?.kind, 'vault-transit');
  assert.equal(vouched.checkpoint.seq, head.seq);
  const cut = join(ground.directory, 'cut');
  await cp(directory, cut, { recursive: true });
  const segment = join(cut, (await readdir(cut)).find((name) => /^\d+\.jsonl$/.test(name)) ?? '');
  const lines = (await readFile(segment, 'utf8')).trimEnd().split('\n');
  await writeFile(segment, `${lines.slice(0, -1).join('\n')}\n`);
  assert.notDeepEqual((await verify(cut)).findings, []);
});

test('Vault signs the log of the commands too', async () => {
  await achieve(api, ['keys', 'rotate']);
  const { findings, vouched, head } = await verify(join(ground.directory, 'audit', 'audit-commands'));
  assert.deepEqual(findings, []);
  assert.equal(vouched?.checkpoint.seq, head.seq);
});

test('is served and recorded, with a warning, where the policy does not let it have anything signed', async () => {
  const unsigned = await ground.startApi({ AUDIT_SIGNING_KEY_NAME: 'forbidden-key' });
  await unsigned.stop();
  await until(() => unsigned.output().includes('a checkpoint of the audit log was not signed'), unsigned.output);
  const { findings, agreed } = await verify(directoryOf(unsigned));
  assert.deepEqual(findings, []);
  assert.equal(agreed, 0);
});
