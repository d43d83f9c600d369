import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { appendFile, chmod, chown, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Change, VaultWrite } from '../../contracts/change.ts';
import type { Finding } from '../../contracts/finding.ts';
import { PalisadeError } from '../../support/errors.ts';
import { writeFileAtomically } from '../../support/files.ts';
import { aFinding } from '../fixtures/posture.ts';
import { aDirectory, executors, samplePlan, treeOf, writeProject } from '../fixtures/project.ts';
import { makePlan } from '../plan/make-plan.ts';
import { applyPlan, resumeApply } from './apply.ts';
import type { Executor } from './executor.ts';
import { readJournal } from './history.ts';
import { rollback } from './rollback.ts';
import { valueDigest } from '../../support/value-digest.ts';

const planOf = (...changes: readonly Change[]) =>
  makePlan([], {
    extra: changes.map((change) => ({ change, answers: ['c/1 x'] })),
    kinds: changes.map(({ kind }) => kind),
  });

const newFile = (path: string, content = 'text\n', mode = 0o644): Change => ({
  kind: 'file-write',
  path,
  mode,
  content,
  expects: { state: 'absent' },
});

const failure = async (running: Promise<unknown>, code: string): Promise<PalisadeError> => {
  try {
    await running;
  } catch (thrown) {
    assert.ok(thrown instanceof PalisadeError, String(thrown));
    assert.equal(thrown.code, code);
    return thrown;
  }
  return assert.fail(`${code} was expected`);
};

const noSpace = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });

const fullDisk = async (): Promise<void> => {
  throw noSpace();
};

describe('applying a plan', () => {
  it('makes the files what the plan says, with its modes, and tells', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const lines: string[] = [];
    const result = await applyPlan({ directory, plan: samplePlan, executors, progress: (line) => lines.push(line) });
    assert.deepEqual(result, { apply: '000001', done: [1, 2, 3, 4, 5], already: [] });
    assert.equal(await readFile(join(directory, 'redis/redis.conf'), 'utf8'), 'port 0\ntls-port 6379\n');
    assert.match(
      await readFile(join(directory, 'compose.yaml'), 'utf8'),
      /127\.0\.0\.1:6379:6379\n {4}cap_drop:\n {6}- ALL/,
    );
    const modes = ['redis/redis.conf', 'redis/key.pem', 'compose.yaml', 'secrets/redis', '.palisade'].map(
      async (path) => ((await stat(join(directory, path))).mode & 0o777).toString(8),
    );
    assert.deepEqual(await Promise.all(modes), ['600', '600', '664', '700', '700']);
    assert.equal(lines.length, 5);
    assert.match(lines[0] ?? '', /step 1 of 5: redis\/redis\.conf: done/);
  });

  it('keeps files and journal from everyone else, and from git', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    await applyPlan({ directory, plan: samplePlan, executors });
    for (const path of await readdir(join(directory, '.palisade'), { recursive: true })) {
      const { mode } = await stat(join(directory, '.palisade', path));
      assert.equal(mode & 0o077, 0, path);
    }
    assert.equal(await readFile(join(directory, '.palisade/.gitignore'), 'utf8'), '*\n');
  });

  it('changes nothing the second time', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    await applyPlan({ directory, plan: samplePlan, executors });
    const before = await treeOf(directory);
    const again = await applyPlan({ directory, plan: samplePlan, executors });
    assert.deepEqual(again, { done: [], already: [1, 2, 3, 4, 5] });
    assert.deepEqual(await treeOf(directory), before);
    assert.equal((await readJournal(directory)).length, 1);
  });

  it('leaves nothing for a second plan', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const look = async (): Promise<readonly Finding[]> => {
      const { mode } = await stat(join(directory, 'redis/key.pem'));
      const open = (mode & 0o077) !== 0;
      const remedy: Change = { kind: 'file-mode', path: 'redis/key.pem', mode: 0o600, expects: { mode: mode & 0o777 } };
      return [aFinding({ outcome: open ? 'fail' : 'pass', remedy: open ? [remedy] : [] })];
    };
    const first = makePlan(await look());
    assert.equal(first.changes.length, 1);
    await applyPlan({ directory, plan: first, executors });
    assert.deepEqual(makePlan(await look()).changes, []);
  });

  it('does nothing for an empty plan, not even make its directory', async (context) => {
    const directory = await aDirectory(context);
    assert.deepEqual(await applyPlan({ directory, plan: planOf(), executors }), { done: [], already: [] });
    assert.deepEqual(await readdir(directory), []);
  });

  it('records a change that was there already, and does not undo it', async (context) => {
    const directory = await aDirectory(context);
    await writeFile(join(directory, 'a'), 'text\n', { mode: 0o644 });
    await chmod(join(directory, 'a'), 0o644);
    const result = await applyPlan({ directory, plan: planOf(newFile('a'), newFile('b')), executors });
    assert.deepEqual([result.done, result.already], [[2], [1]]);
    await rollback({ directory });
    assert.deepEqual(Object.keys(await treeOf(directory)), ['a']);
  });

  it('keeps only the originals of the last apply, and the journals of all', async (context) => {
    const directory = await aDirectory(context);
    await applyPlan({ directory, plan: planOf(newFile('a')), executors });
    await applyPlan({ directory, plan: planOf(newFile('b')), executors });
    assert.deepEqual(await readdir(join(directory, '.palisade/originals')), ['000002']);
    assert.deepEqual(
      (await readJournal(directory)).map(({ apply, state }) => `${apply} ${state}`),
      ['000001 applied', '000002 applied'],
    );
  });

  it('stops between steps where it is interrupted, and goes on later', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const cancel = new AbortController();
    const running = applyPlan({
      directory,
      plan: samplePlan,
      executors,
      signal: cancel.signal,
      reached: (moment, step) => {
        if (moment === 'after-act' && step === 2) cancel.abort();
      },
    });
    const stopped = await failure(running, 'engine/apply-stopped');
    assert.match(stopped.message, /step 3 .*interrupted; done: 1, 2; not done: 3, 4, 5/);
    assert.deepEqual((await resumeApply({ directory, executors }))?.done, [1, 2, 3, 4, 5]);
  });
});

it('keeps the owner of a file, there and back', async (context) => {
  if (process.getuid?.() !== 0) return context.diagnostic('only root may give files away');
  const directory = await aDirectory(context);
  await writeProject(directory);
  const file = join(directory, 'redis/redis.conf');
  await chown(file, 12_345, 12_346);
  const owner = async (): Promise<readonly number[]> => {
    const { uid, gid } = await stat(file);
    return [uid, gid];
  };
  await applyPlan({ directory, plan: samplePlan, executors });
  assert.deepEqual(await owner(), [12_345, 12_346]);
  await rollback({ directory });
  assert.deepEqual(await owner(), [12_345, 12_346]);
});

describe('an apply that meets drift', () => {
  const drifted: readonly (readonly [string, (directory: string) => Promise<void>, RegExp])[] = [
    [
      'an edited file',
      (directory) => writeFile(join(directory, 'redis/redis.conf'), 'port 7\n'),
      /^-port 6379\n\+port 7$/m,
    ],
    ['a file that is gone', (directory) => rm(join(directory, 'compose.yaml')), /^\+\+\+ \/dev\/null$/m],
    ['a file with another mode', (directory) => chmod(join(directory, 'redis/key.pem'), 0o640), /mode 0640, not 0644/],
    [
      'a file where there was none',
      async (directory) => {
        await mkdir(join(directory, 'secrets/redis'), { recursive: true });
        await writeFile(join(directory, 'secrets/redis/policy.hcl'), 'mine');
      },
      /exists already/,
    ],
    [
      'an edit elsewhere in a file that the plan was made from',
      (directory) => appendFile(join(directory, 'compose.yaml'), '# mine\n'),
      /^\+# mine$/m,
    ],
  ];
  for (const [name, change, shown] of drifted)
    it(`refuses ${name}, shows it, and touches nothing`, async (context) => {
      const directory = await aDirectory(context);
      await writeProject(directory);
      const texts = ['compose.yaml', 'redis/redis.conf'].map(
        async (path) => [path, await readFile(join(directory, path), 'utf8')] as const,
      );
      const basis = new Map(await Promise.all(texts));
      await change(directory);
      const before = await treeOf(directory);
      const refused = await failure(
        applyPlan({ directory, plan: samplePlan, executors, basis }),
        'engine/files-drifted',
      );
      assert.match(refused.message, shown);
      assert.deepEqual(await treeOf(directory), before);
      assert.deepEqual(await readJournal(directory), []);
    });

  it('refuses an edit that does not fit any more, without the texts of the plan too', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    await writeFile(join(directory, 'compose.yaml'), 'services:\n  redis:\n    ports: []\n');
    const refused = await failure(applyPlan({ directory, plan: samplePlan, executors }), 'engine/files-drifted');
    assert.match(refused.message, /step 4: compose\.yaml services\.redis\.ports\.0/);
  });

  it('refuses to finish a stopped apply over an edit, and shows the edit', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const cancel = new AbortController();
    const options = { directory, plan: samplePlan, executors };
    const reached = (moment: string, step: number): void => {
      if (moment === 'after-act' && step === 4) cancel.abort();
    };
    await failure(applyPlan({ ...options, signal: cancel.signal, reached }), 'engine/apply-stopped');
    await appendFile(join(directory, 'compose.yaml'), '# mine\n');
    const before = await treeOf(directory);
    const refused = await failure(applyPlan(options), 'engine/files-drifted');
    assert.match(refused.message, /\+# mine/);
    assert.deepEqual(await treeOf(directory), before);
  });

  it('stops at a file that is edited while it runs, and keeps the edit', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const reached = (moment: string, step: number): void => {
      if (moment === 'after-act' && step === 2) appendFileSync(join(directory, 'compose.yaml'), '# mine\n');
    };
    const running = applyPlan({ directory, plan: samplePlan, executors, reached });
    const stopped = await failure(running, 'engine/apply-stopped');
    assert.match(stopped.message, /step 4 .*changed by somebody else.*done: 1, 2, 3; not done: 4, 5/);
    assert.match(await readFile(join(directory, 'compose.yaml'), 'utf8'), /6379:6379\n# mine\n$/);
  });

  it('masks secrets in what it shows', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const text = await readFile(join(directory, 'compose.yaml'), 'utf8');
    await appendFile(join(directory, 'compose.yaml'), '    environment:\n      REDIS_PASSWORD: hunter2canary\n');
    const basis = new Map([['compose.yaml', text]]);
    const refused = await failure(applyPlan({ directory, plan: samplePlan, executors, basis }), 'engine/files-drifted');
    assert.match(refused.message, /REDIS_PASSWORD: ‹redacted›/);
    assert.doesNotMatch(refused.message, /hunter2canary/);
  });
});

describe('an apply that cannot write', () => {
  it('stops at a full disk, says what is done, and finishes when there is room', async (context) => {
    const directory = await aDirectory(context);
    await writeProject(directory);
    const options = { directory, plan: samplePlan, executors };
    const write: typeof writeFileAtomically = async (path, ...rest) => {
      if (path === join(directory, 'compose.yaml')) throw noSpace();
      await writeFileAtomically(path, ...rest);
    };
    const stopped = await failure(applyPlan({ ...options, write }), 'engine/apply-stopped');
    assert.match(stopped.message, /step 4 .*no space left.*done: 1, 2, 3; not done: 4, 5/);
    const [history] = await readJournal(directory);
    assert.equal(history?.state, 'unfinished');
    assert.equal(history.steps[3]?.state, 'failed');
    assert.deepEqual((await applyPlan(options)).done, [1, 2, 3, 4, 5]);
    await rollback({ directory });
  });

  it('does not take a write at its word', async (context) => {
    const directory = await aDirectory(context);
    const write: typeof writeFileAtomically = async (path, ...rest) => {
      if (path !== join(directory, 'a')) await writeFileAtomically(path, ...rest);
    };
    const running = applyPlan({ directory, plan: planOf(newFile('a')), executors, write });
    assert.match((await failure(running, 'engine/apply-stopped')).message, /a does not hold what was written to it/);
  });

  it('finds nothing to finish where no apply was stopped', async (context) => {
    const directory = await aDirectory(context);
    assert.equal(await resumeApply({ directory, executors }), undefined);
    assert.deepEqual(await readdir(directory), []);
    await applyPlan({ directory, plan: planOf(newFile('a')), executors });
    assert.equal(await resumeApply({ directory, executors }), undefined);
  });

  it('refuses another plan while one is not finished', async (context) => {
    const directory = await aDirectory(context);
    const write: typeof writeFileAtomically = async (path, ...rest) => {
      if (path === join(directory, 'b')) throw noSpace();
      await writeFileAtomically(path, ...rest);
    };
    const plan = planOf(newFile('a'), newFile('b'));
    await failure(applyPlan({ directory, plan, executors, write }), 'engine/apply-stopped');
    await failure(applyPlan({ directory, plan: planOf(newFile('c')), executors }), 'engine/apply-unfinished');
    await rollback({ directory });
    assert.deepEqual(await treeOf(directory), {});
    await applyPlan({ directory, plan: planOf(newFile('c')), executors });
  });

  it('does not begin where there is no room for what it has to keep', async (context) => {
    const directory = await aDirectory(context);
    const running = applyPlan({ directory, plan: planOf(newFile('a')), executors, write: fullDisk });
    assert.match((await failure(running, 'engine/directory-not-writable')).message, /no space left/);
    assert.deepEqual(await treeOf(directory), {});
    assert.deepEqual(await readJournal(directory), []);
  });

  it('does not act where it cannot journal', async (context) => {
    const directory = await aDirectory(context);
    await mkdir(join(directory, '.palisade/journal/000001.jsonl'), { recursive: true });
    await failure(applyPlan({ directory, plan: planOf(newFile('a')), executors }), 'engine/directory-not-writable');
    assert.deepEqual(await treeOf(directory), {});
  });

  const mount = promisify(execFile);
  /** A small file system of its own; undefined where this account may not mount. */
  const smallDisk = async (
    context: Parameters<typeof aDirectory>[0],
    options: string,
    fill: (directory: string) => Promise<void>,
  ): Promise<string | undefined> => {
    const mounted: string[] = [];
    context.after(async () => {
      for (const path of mounted) await mount('umount', [path]);
    });
    const directory = await aDirectory(context);
    try {
      await mount('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'palisade-test', directory]);
    } catch {
      return undefined;
    }
    mounted.push(directory);
    await fill(directory);
    await mount('mount', ['-o', `remount,${options}`, directory]);
    return directory;
  };

  it('survives a disk that is really full', async (context) => {
    const directory = await smallDisk(context, 'size=512k', writeProject);
    if (directory === undefined) return context.diagnostic('mounting is not permitted here');
    const untouched = await treeOf(directory);
    const plan = planOf(newFile('a', 'a'.repeat(20_000)), newFile('b', 'b'.repeat(180_000)));
    const stopped = await failure(applyPlan({ directory, plan, executors }), 'engine/apply-stopped');
    assert.match(stopped.message, /no space left on device.*done: 1; not done: 2/);
    await rollback({ directory });
    assert.deepEqual(await treeOf(directory), untouched);
  });

  it('refuses a read-only directory', async (context) => {
    const directory = await smallDisk(context, 'ro', writeProject);
    if (directory === undefined) return context.diagnostic('mounting is not permitted here');
    const refused = await failure(
      applyPlan({ directory, plan: samplePlan, executors }),
      'engine/directory-not-writable',
    );
    assert.match(refused.message, /read-only file system/i);
  });
});

describe('the files that an apply will touch', () => {
  it('never lie outside of the project, by a symbolic link neither', async (context) => {
    const outside = await aDirectory(context);
    const directory = await aDirectory(context);
    await writeFile(join(outside, 'file'), 'theirs');
    await symlink(outside, join(directory, 'link'));
    await symlink(join(outside, 'file'), join(directory, 'file'));
    for (const path of ['link/new', 'link/file', 'file'])
      await failure(applyPlan({ directory, plan: planOf(newFile(path)), executors }), 'engine/not-a-plain-file');
    assert.deepEqual(await readdir(outside), ['file']);
    assert.equal(await readFile(join(outside, 'file'), 'utf8'), 'theirs');
  });

  it('are no directories', async (context) => {
    const directory = await aDirectory(context);
    await mkdir(join(directory, 'a'));
    await failure(applyPlan({ directory, plan: planOf(newFile('a')), executors }), 'engine/not-a-plain-file');
  });
});

const aVault = () => {
  const state = { value: 'old', calls: new Array<string>(), broken: false };
  const executor: Executor<VaultWrite> = {
    check: async () => ({ standing: state.value === 'new' ? 'done' : 'pending' }),
    remember: async () => ({ previous: state.value }),
    apply: async () => {
      state.calls.push('apply');
      if (state.broken) throw new Error('sealed');
      state.value = 'new';
    },
    verify: async () => assert.equal(state.value, 'new'),
    undo: async (_change, memory) => {
      state.calls.push(`undo ${JSON.stringify(memory)}`);
      state.value = 'old';
    },
  };
  return { state, executors: { ...executors, 'vault-write': executor } };
};

describe('changes of services', () => {
  const change: VaultWrite = {
    kind: 'vault-write',
    service: 'vault',
    method: 'POST',
    path: 'sys/policies/acl/redis',
    body: { policy: { secret: { path: 'redis', field: 'password' } } },
    expects: { path: 'sys/policies/acl/redis', holds: {} },
  };

  it('are refused where no executor is given, and nothing is touched', async (context) => {
    const directory = await aDirectory(context);
    const plan = planOf(newFile('a'), change);
    await failure(applyPlan({ directory, plan, executors }), 'engine/executor-missing');
    assert.deepEqual(await treeOf(directory), {});
  });

  it('are made after files, recorded, and undone with what was remembered', async (context) => {
    const directory = await aDirectory(context);
    const vault = aVault();
    const plan = planOf(change, newFile('a'));
    const result = await applyPlan({ directory, plan, executors: vault.executors });
    assert.deepEqual([result.done, vault.state.value], [[1, 2], 'new']);
    await failure(rollback({ directory }), 'engine/executor-missing');
    assert.deepEqual(Object.keys(await treeOf(directory)), ['a']);
    await rollback({ directory, executors: vault.executors });
    assert.deepEqual(vault.state.calls, ['apply', 'undo {"previous":"old"}']);
    assert.deepEqual(await treeOf(directory), {});
  });

  it('that fail are made by the next run, with what the first remembered', async (context) => {
    const directory = await aDirectory(context);
    const vault = aVault();
    const options = { directory, plan: planOf(newFile('a'), change), executors: vault.executors };
    vault.state.broken = true;
    const stopped = await failure(applyPlan(options), 'engine/apply-stopped');
    assert.match(stopped.message, /sealed; done: 1; not done: 2/);
    vault.state.broken = false;
    assert.deepEqual((await applyPlan(options)).done, [1, 2]);
    assert.equal((await readJournal(directory))[0]?.state, 'applied');
  });

  it('that somebody else made differently stop the apply before it touches a thing', async (context) => {
    const directory = await aDirectory(context);
    const vault = aVault();
    const elsewhere: Executor<VaultWrite> = {
      ...vault.executors['vault-write'],
      check: async () => ({ standing: 'drifted', why: 'another policy is there' }),
    };
    const options = {
      directory,
      plan: planOf(newFile('a'), change),
      executors: { ...executors, 'vault-write': elsewhere },
    };
    await failure(applyPlan(options), 'engine/change-not-possible');
    assert.deepEqual(await treeOf(directory), {});
  });
});

it('keeps secrets that stand in the files out of the journal', async (context) => {
  const directory = await aDirectory(context);
  await writeFile(
    join(directory, 'compose.yaml'),
    'services:\n  a:\n    environment:\n      PASSWORD: hunter2canary\n',
  );
  const plan = planOf({
    kind: 'compose-edit',
    file: 'compose.yaml',
    path: ['services', 'a', 'environment', 'PASSWORD'],
    edit: { op: 'remove' },
    expects: { state: 'present', digest: valueDigest('hunter2canary') },
  });
  await applyPlan({ directory, plan, executors });
  for (const kept of ['journal/000001.jsonl', 'originals/000001/plan.json'])
    assert.doesNotMatch(await readFile(join(directory, '.palisade', kept), 'utf8'), /hunter2canary/);
  await rollback({ directory });
  assert.match(await readFile(join(directory, 'compose.yaml'), 'utf8'), /hunter2canary/);
});
