import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonicalJson } from './canonical-json.ts';
import type { Clock } from './clock.ts';
import { mapConcurrently, withTimeout } from './concurrency.ts';
import { PalisadeError, defineErrors } from './errors.ts';
import { run } from './exec.ts';
import { writeFileAtomically } from './files.ts';
import { retry } from './retry.ts';

const inDirectory = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-support-'));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** A clock that only moves when somebody sleeps. */
const stillClock = (): Clock & { readonly slept: number[] } => {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
};

test('errors carry code, exit code, message and the next step', () => {
  const { error } = defineErrors<{ 'x/missing': { file: string } }>({
    'x/missing': { exit: 2, summary: 's', message: ({ file }) => `${file} is missing`, next: () => 'make it' },
  });
  const thrown = error('x/missing', { file: 'a' });
  assert.ok(thrown instanceof PalisadeError);
  assert.deepEqual(
    [thrown.code, thrown.exit, thrown.message, thrown.next],
    ['x/missing', 2, 'a is missing', 'make it'],
  );
});

test('a file is replaced as a whole and gets exactly the rights asked for', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'f');
    writeFileSync(path, 'old', { mode: 0o644 });
    await writeFileAtomically(path, 'new', { mode: 0o400 });
    assert.equal(readFileSync(path, 'utf8'), 'new');
    assert.equal(statSync(path).mode & 0o7777, 0o400);
    assert.deepEqual(readdirSync(directory), ['f']);
  }));

test('a failed replacement leaves the old file and no temporary one', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'f');
    writeFileSync(path, 'old');
    // A negative owner is refused by the system call after the temporary file exists.
    await assert.rejects(writeFileAtomically(path, 'new', { mode: 0o600, uid: -2 }));
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(directory), ['f']);
  }));

test('retry stops at its bound and tells the last reason', async () => {
  const clock = stillClock();
  await assert.rejects(
    retry(() => Promise.reject(new Error('refused')), { within: 1000, first: 100, clock, random: () => 1 }),
    /no success within 1000 ms; last: refused/,
  );
  assert.deepEqual(clock.slept, [100, 200, 400]);
});

test('retry pauses with jitter', async () => {
  const clock = stillClock();
  const draws = [0.25, 0.5];
  let tries = 0;
  await retry(() => (++tries < 3 ? Promise.reject(new Error('no')) : Promise.resolve('yes')), {
    within: 5000,
    first: 100,
    clock,
    random: () => draws.shift() ?? 0,
  });
  assert.deepEqual(clock.slept, [25, 100]);
});

test('retry ends at once with the reason of an aborted signal', async () => {
  const controller = new AbortController();
  await assert.rejects(
    retry(
      () => {
        controller.abort(new Error('stopped by hand'));
        return Promise.reject(new Error('no'));
      },
      { within: 60_000, signal: controller.signal },
    ),
    /stopped by hand/,
  );
});

test('no more calls than the limit are under way at once, and results keep their order', async () => {
  let underWay = 0;
  let most = 0;
  const results = await mapConcurrently([5, 1, 3, 2], 2, async (item) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, item));
    underWay--;
    return item * 10;
  });
  assert.deepEqual(results, [50, 10, 30, 20]);
  assert.equal(most, 2);
});

test('an undefined item is an item like any other', async () => {
  assert.deepEqual(await mapConcurrently([undefined, undefined], 1, (_item, index) => Promise.resolve(index)), [0, 1]);
});

test('after a failure no further item is begun, and the failure is what the caller gets', async () => {
  const begun: number[] = [];
  const call = (item: number): Promise<number> => {
    begun.push(item);
    return item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item);
  };
  await assert.rejects(mapConcurrently([1, 2, 3, 4], 1, call), /two/);
  assert.deepEqual(begun, [1, 2]);
});

test('a call that ignores its signal is still bounded', async () => {
  await assert.rejects(
    withTimeout(20, undefined, () => new Promise(() => undefined)),
    /no answer within 20 ms/,
  );
});

test('canonical JSON does not depend on the order of keys', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: 2 }], a: 1 }), '{"a":1,"b":[{"c":2,"d":1}]}');
});

test('a child gets only the environment that it is given, and its input on standard input', async () => {
  const outcome = await run('/bin/sh', ['-c', 'env; cat'], {
    environment: { ONLY: 'this' },
    input: 'typed',
    timeout: 5000,
  });
  assert.deepEqual(
    outcome.stdout.split('\n').filter((line) => !/^(PWD|SHLVL|_)=/.test(line)),
    ['ONLY=this', 'typed'],
  );
});

test('a child that outstays its time is killed with its own children', () =>
  inDirectory(async (directory) => {
    const file = join(directory, 'pid');
    const outcome = await run('/bin/sh', ['-c', `sleep 60 & echo $! > ${file}; wait`], { timeout: 200 });
    assert.equal(outcome.timedOut, true);
    const grandchild = Number(readFileSync(file, 'utf8'));
    const state = (): string => {
      try {
        return readFileSync(`/proc/${grandchild}/stat`, 'utf8').split(' ')[2] ?? '';
      } catch {
        return 'gone';
      }
    };
    await retry(() => (['Z', 'gone'].includes(state()) ? Promise.resolve() : Promise.reject(new Error(state()))), {
      within: 5000,
    });
  }));

test('output beyond the limit is dropped and said to be', async () => {
  const outcome = await run('/bin/sh', ['-c', 'yes | head -c 300000'], { timeout: 5000, limit: 100_000 });
  assert.ok(outcome.truncated && outcome.stdout.length <= 100_000);
});

test('an aborted signal ends a child', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await assert.rejects(run('/bin/sleep', ['60'], { timeout: 60_000, signal: controller.signal }), /enough/);
});

test('a reader sees the old text or the new one while a file is being replaced', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'f');
    const [one, two] = ['1'.repeat(50_000), '2'.repeat(50_000)];
    writeFileSync(path, one);
    chmodSync(path, 0o600);
    const script = `const fs=require('fs');let n=0;const end=Date.now()+400;while(Date.now()<end){const t=fs.readFileSync(${JSON.stringify(path)},'utf8');if(t.length!==50000||/12|21/.test(t))process.exit(1);n++}process.exit(n>0?0:2)`;
    const reader = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const closed = once(reader, 'close');
    for (let round = 0; reader.exitCode === null && round < 2000; round++)
      await writeFileAtomically(path, round % 2 === 0 ? two : one, { mode: 0o600 });
    assert.deepEqual(await closed, [0, null]);
  }));
