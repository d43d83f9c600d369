import assert from 'node:assert/strict';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { Secret } from '../../../support/secret.ts';
import { authoritiesOf, installBundle, keepCurrentVersion, readBundle } from './bundle.ts';

let base: string;
let count = 0;
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'palisade-bundle-'));
});
after(() => rm(base, { recursive: true, force: true }));

const fresh = (): string => join(base, `case-${++count}`);
const bundle = (name: string) => ({
  certificate: `cert ${name}`,
  key: new Secret(`key ${name}`),
  authority: `ca ${name}`,
});

test('installs a bundle that only its owner can read', async () => {
  const directory = fresh();
  await installBundle(directory, bundle('one'));
  assert.deepEqual(await readBundle(directory), { certificate: 'cert one', key: 'key one', authority: 'ca one' });
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  assert.equal((await stat(join(directory, 'key.pem'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(directory, 'cert.pem'))).mode & 0o777, 0o644);
});

test('gives everything that leads to the key to the owner', async () => {
  const directory = fresh();
  await installBundle(directory, bundle('one'), { uid: 4711, gid: 4712 });
  for (const path of [directory, join(directory, 'current'), join(directory, 'key.pem')]) {
    const { uid, gid } = await stat(path);
    assert.deepEqual([uid, gid], [4711, 4712], path);
  }
});

test('works where the directory was moved, as it is for a mount', async () => {
  const directory = fresh();
  await installBundle(directory, bundle('one'));
  await rename(directory, `${directory}-moved`);
  assert.equal(await readFile(join(`${directory}-moved`, 'key.pem'), 'utf8'), 'key one');
});

test('never shows a key with the certificate of another version', async () => {
  const directory = fresh();
  await installBundle(directory, bundle('0'));
  const writing = new AbortController();
  const reader = (async () => {
    let reads = 0;
    while (!writing.signal.aborted) {
      // What a server does that opens the version once: the name of the version decides for all files.
      const version = await readlink(join(directory, 'current'));
      const [certificate, key] = await Promise.all(
        ['cert.pem', 'key.pem'].map((name) => readFile(join(directory, version, name), 'utf8').catch(() => undefined)),
      );
      if (certificate !== undefined && key !== undefined) {
        assert.equal(certificate.replace('cert', ''), key.replace('key', ''));
        reads += 1;
      }
    }
    return reads;
  })();
  for (let index = 1; index <= 20; index++) await installBundle(directory, bundle(String(index)));
  writing.abort();
  assert.ok((await reader) > 0);
});

test('replaces plain files that somebody put there', async () => {
  const directory = fresh();
  await mkdir(directory);
  await chmod(directory, 0o700);
  for (const name of ['cert.pem', 'key.pem', 'ca.pem']) await writeFile(join(directory, name), 'by hand');
  await installBundle(directory, bundle('one'));
  assert.equal((await readBundle(directory))?.key, 'key one');
});

test('keeps the version before for those who read it, trusts both, and forgets it when told', async () => {
  const directory = fresh();
  for (const name of ['one', 'two', 'three']) await installBundle(directory, bundle(name));
  const versions = async (): Promise<number> =>
    (await readdir(directory)).filter((name) => name.startsWith('version-')).length;
  assert.equal(await versions(), 2);
  assert.deepEqual((await authoritiesOf(directory)).split('\n').toSorted(), ['ca three', 'ca two']);
  await keepCurrentVersion(directory);
  assert.equal(await versions(), 1);
  assert.equal(await authoritiesOf(directory), 'ca three');
});

test('clears away what a killed run has left', async () => {
  const directory = fresh();
  await installBundle(directory, bundle('one'));
  await mkdir(join(directory, 'version-00112233445566ff'));
  await symlink('version-00112233445566ff', join(directory, '.current.001122334455.partial'));
  await installBundle(directory, bundle('two'));
  const names = await readdir(directory);
  assert.deepEqual(
    names.filter((name) => name.endsWith('.partial') || name === 'version-00112233445566ff'),
    [],
  );
});

test('finds nothing in a directory that is not there', async () => {
  assert.equal(await readBundle(fresh()), undefined);
  assert.equal(await authoritiesOf(fresh()), '');
});
