import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, readdir, readlink, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { aDirectory, executors, samplePlan, treeOf, writeProject } from '../fixtures/project.ts';
import { applyPlan } from '../apply/apply.ts';
import { prepareTarget } from './prepare-target.ts';

describe('preparing a target', () => {
  it('copies contents, modes and links, into the project itself too', async (context) => {
    const source = await aDirectory(context);
    await writeProject(source);
    await symlink('../elsewhere', join(source, 'link'));
    await mkdir(join(source, 'closed'), { mode: 0o750 });
    await writeFile(join(source, 'closed/inner'), 'x');
    const before = await treeOf(source);
    const target = join(source, 'hardened');
    const result = await prepareTarget({ source, target });
    assert.deepEqual(result, { directory: target, made: true, sourceChanged: [], skipped: [] });
    assert.equal(await readlink(join(target, 'link')), '../elsewhere');
    assert.deepEqual(await treeOf(target), before);
    assert.deepEqual((await readdir(source)).toSorted(), ['closed', 'compose.yaml', 'hardened', 'link', 'redis']);
  });

  it('leaves out .git, node_modules, .palisade and earlier copies', async (context) => {
    const source = await aDirectory(context);
    await writeProject(source);
    for (const name of ['.git', 'node_modules', '.palisade', 'redis/node_modules']) {
      await mkdir(join(source, name));
      await writeFile(join(source, name, 'file'), 'x');
    }
    await prepareTarget({ source, target: join(source, 'first') });
    const { directory } = await prepareTarget({ source, target: join(source, 'second') });
    assert.deepEqual(Object.keys(await treeOf(directory)), [
      'compose.yaml',
      'redis/',
      'redis/key.pem',
      'redis/redis.conf',
    ]);
    assert.ok(!(await readdir(join(directory, '.palisade'))).includes('file'));
  });

  it('says which sockets it did not copy', async (context) => {
    const source = await aDirectory(context);
    await writeProject(source);
    const server = createServer().listen(join(source, 'redis.sock'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { skipped } = await prepareTarget({ source, target: join(source, 'hardened') });
      assert.deepEqual(skipped, ['redis.sock']);
    } finally {
      server.close();
    }
  });

  it('keeps a target that it made, and tells what changed in the source since', async (context) => {
    const source = await aDirectory(context);
    await writeProject(source);
    const target = join(source, 'hardened');
    await prepareTarget({ source, target });
    await applyPlan({ directory: target, plan: samplePlan, executors });
    const hardened = await treeOf(target);
    assert.deepEqual(await prepareTarget({ source, target }), {
      directory: target,
      made: false,
      sourceChanged: [],
      skipped: [],
    });
    await writeFile(join(source, 'redis/redis.conf'), 'port 1\n');
    await chmod(join(source, 'compose.yaml'), 0o600);
    await writeFile(join(source, 'new'), '');
    const again = await prepareTarget({ source, target });
    assert.deepEqual(again.sourceChanged, ['compose.yaml', 'new', 'redis/redis.conf']);
    assert.deepEqual(await treeOf(target), hardened);
  });

  it('fills an empty directory, and replaces what a killed run left', async (context) => {
    const source = await aDirectory(context);
    await writeProject(source);
    const target = join(source, 'hardened');
    await mkdir(target);
    await mkdir(join(source, 'hardened.partial/.palisade'), { recursive: true });
    await writeFile(join(source, 'hardened.partial/.palisade/partial'), '');
    await writeFile(join(source, 'hardened.partial/half'), 'x');
    assert.equal((await prepareTarget({ source, target })).made, true);
    assert.deepEqual((await readdir(target)).toSorted(), ['.palisade', 'compose.yaml', 'redis']);
    assert.ok(!(await readdir(source)).includes('hardened.partial'));
  });

  it('refuses directories that somebody else made', async (context) => {
    const source = await aDirectory(context);
    await writeProject(source);
    for (const name of ['target', 'other.partial']) {
      await mkdir(join(source, name));
      await writeFile(join(source, name, 'thesis.txt'), 'ten years of work');
    }
    for (const name of ['target', 'other'])
      await assert.rejects(prepareTarget({ source, target: join(source, name) }), { code: 'engine/target-not-ours' });
    await assert.rejects(prepareTarget({ source, target: join(source, 'compose.yaml') }), {
      code: 'engine/target-not-ours',
    });
    assert.equal(await readFile(join(source, 'target/thesis.txt'), 'utf8'), 'ten years of work');
    assert.equal(await readFile(join(source, 'other.partial/thesis.txt'), 'utf8'), 'ten years of work');
  });

  it('refuses the project itself and what encloses it, by any name', async (context) => {
    const outer = await aDirectory(context);
    const source = join(outer, 'project');
    await mkdir(source);
    await symlink(outer, join(source, 'up'));
    for (const target of [source, outer, join(source, 'up'), join(source, '../project'), '/'])
      await assert.rejects(prepareTarget({ source, target }), { code: 'engine/target-encloses-source' });
  });

  it('refuses a project that is too large, and copies nothing', async (context) => {
    const source = await aDirectory(context);
    await writeFile(join(source, 'data'), '');
    await truncate(join(source, 'data'), 201 * 1024 * 1024);
    await assert.rejects(prepareTarget({ source, target: join(source, 'hardened') }), {
      code: 'engine/source-too-large',
      message: /200 MiB/,
    });
    assert.deepEqual(await readdir(source), ['data']);
  });

  it('refuses a source that is no directory', async (context) => {
    const source = join(await aDirectory(context), 'missing');
    await assert.rejects(prepareTarget({ source, target: `${source}-hardened` }), { code: 'engine/source-missing' });
  });

  it('refuses to guess where its record is damaged', async (context) => {
    const source = await aDirectory(context);
    const target = join(source, 'hardened');
    await prepareTarget({ source, target });
    await writeFile(join(target, '.palisade/source.json'), '{');
    await assert.rejects(prepareTarget({ source, target }), { code: 'engine/target-record-damaged' });
  });
});
