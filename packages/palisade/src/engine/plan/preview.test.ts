import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Change } from '../../contracts/change.ts';
import { applyComposeEdit } from '../../model/index.ts';
import { aFinding } from '../fixtures/posture.ts';
import { valueDigest } from '../../support/value-digest.ts';
import { makePlan } from './make-plan.ts';
import { preview } from './preview.ts';

const compose = `services:
  redis:
    image: redis:7
    environment:
      REDIS_PASSWORD: hunter2canary
    ports:
      - 6379:6379
`;
const files = new Map([['compose.yaml', compose]]);
const read = async (path: string): Promise<string | undefined> => files.get(path);
const drifted = async (): Promise<string> => compose.replace('6379:6379', '1:1');
const planOf = (...remedy: readonly Change[]) => makePlan([aFinding({ control: 'redis/ports', remedy })]);

const edit: Change = {
  kind: 'compose-edit',
  file: 'compose.yaml',
  path: ['services', 'redis', 'ports', 0],
  edit: { op: 'set', value: '127.0.0.1:6379:6379' },
  expects: { state: 'present', digest: valueDigest('6379:6379') },
};

describe('the preview of a plan', () => {
  it('shows an edit as a unified diff with its step and findings', async () => {
    const text = await preview(planOf(edit), read, applyComposeEdit);
    assert.match(text, /^# redis\/ports postgres\n# {3}step 1: set services\.redis\.ports\.0$/m);
    assert.match(text, /^--- a\/compose\.yaml\n\+\+\+ b\/compose\.yaml\n@@ -4,4 \+4,4 @@$/m);
    assert.match(text, /^- {6}- 6379:6379$/m);
    assert.match(text, /^\+ {6}- 127\.0\.0\.1:6379:6379$/m);
  });

  it('names each control once, with all that it is about', async () => {
    const findings = ['redis-1', 'redis-2'].map((name) =>
      aFinding({ control: 'redis/ports', resource: { type: 'service', name }, remedy: [edit] }),
    );
    const text = await preview(makePlan(findings), read, applyComposeEdit);
    assert.match(text, /^# redis\/ports redis-1, redis-2$/m);
  });

  it('masks secrets that stand near a change', async () => {
    const text = await preview(planOf(edit), read, applyComposeEdit);
    assert.doesNotMatch(text, /hunter2canary/);
    assert.match(text, /REDIS_PASSWORD: ‹redacted›/);
  });

  it('masks a secret that is taken out', async () => {
    const removal: Change = {
      kind: 'compose-edit',
      file: 'compose.yaml',
      path: ['services', 'redis', 'environment', 'REDIS_PASSWORD'],
      edit: { op: 'remove' },
      expects: { state: 'present', digest: valueDigest('hunter2canary') },
    };
    const text = await preview(planOf(removal), read, applyComposeEdit);
    assert.doesNotMatch(text, /hunter2canary/);
    assert.match(text, /^- {6}REDIS_PASSWORD: ‹redacted›$/m);
  });

  it('shows a new file whole, with its mode', async () => {
    const write: Change = {
      kind: 'file-write',
      path: 'redis/redis.conf',
      mode: 0o640,
      content: 'port 0\ntls-port 6379\n',
      expects: { state: 'absent' },
    };
    const text = await preview(planOf(write), read, applyComposeEdit);
    assert.match(text, /new file, mode 0640/);
    assert.match(text, /--- \/dev\/null\n\+\+\+ b\/redis\/redis\.conf\n@@ -0,0 \+1,2 @@\n\+port 0\n\+tls-port 6379\n/);
  });

  it('shows a change of mode, and what is left to people', async () => {
    const mode: Change = { kind: 'file-mode', path: 'key.pem', mode: 0o600, expects: { mode: 0o644 } };
    const text = await preview(planOf(mode, { kind: 'manual', instructions: 'call the bank' }), read, applyComposeEdit);
    assert.match(text, /mode 0644 → 0600/);
    assert.match(text, /# by hand:\n# {3}call the bank/);
  });

  it('says which step is not possible any more', async () => {
    await assert.rejects(preview(planOf(edit), drifted, applyComposeEdit), { code: 'engine/change-not-possible' });
  });

  it('is empty for an empty plan', async () => {
    assert.equal(await preview(makePlan([]), read, applyComposeEdit), '');
  });
});
