import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Runtime } from '../contracts/runtime.ts';
import { createPublishedRuntime } from '../runtime/published/index.ts';
import { loadStack } from '../model/index.ts';
import { openClientIdentities } from './client-identities.ts';

/** Numbers of nobody: whoever runs Palisade, and the account of the service. */
const [operator, account] = [61_234, 61_236];

const skip = process.getuid?.() === 0 ? false : 'not run: giving files to another account needs root';

test('copies the key of another account to where nobody else gets to, and removes it', { skip }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-identity-'));
  chmodSync(directory, 0o755);
  try {
    writeFileSync(join(directory, 'compose.yaml'), 'services: {app: {image: a}, job: {image: b}, none: {image: c}}\n');
    const own = join(directory, 'certs', 'job', 'client');
    const others = join(directory, 'certs', 'app', 'client');
    for (const [identity, uid] of [
      [own, operator],
      [others, account],
    ] as const) {
      mkdirSync(identity, { recursive: true });
      writeFileSync(join(identity, 'cert.pem'), 'certificate', { mode: 0o644 });
      writeFileSync(join(identity, 'key.pem'), 'key', { mode: 0o400 });
      chownSync(join(identity, 'key.pem'), uid, uid);
    }
    const stack = await loadStack({ directory, kinds: [], environment: {} });
    const runtime: Runtime = {
      ...createPublishedRuntime({ stack }),
      readOwnFile: (path) => Promise.resolve(`read through the engine: ${path}`),
    };
    process.seteuid?.(operator);
    try {
      const identities = await openClientIdentities(stack, runtime, AbortSignal.timeout(5000));
      assert.deepEqual([identities.of('job'), identities.of('none')], [own, undefined]);
      const copy = identities.of('app') ?? '';
      assert.notEqual(copy, others);
      assert.equal(readFileSync(join(copy, 'cert.pem'), 'utf8'), 'certificate');
      assert.equal(readFileSync(join(copy, 'key.pem'), 'utf8'), `read through the engine: ${join(others, 'key.pem')}`);
      for (const [path, mode] of [
        [dirname(copy), 0o700],
        [copy, 0o700],
        [join(copy, 'key.pem'), 0o600],
      ] as const)
        assert.equal(statSync(path).mode & 0o777, mode);
      await identities.close();
      assert.ok(!existsSync(dirname(copy)));
    } finally {
      process.seteuid?.(0);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
