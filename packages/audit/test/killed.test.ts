import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'esbuild';
import { verifyAuditLog } from '../src/index.ts';
import { aDirectory, allLines, hashIn } from './logs.ts';

/** Short logs, so that each can be verified after each kill. */
const [logs, killsOfEach] = [10, 20];

/** The writer as one file of JavaScript: most of the time of a process that is soon killed would go into reading sources. */
const bundle = async (directory: string): Promise<string> => {
  const outfile = join(directory, 'writer.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'writer.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return outfile;
};

/** Has a process write the log, kills it some time after its first acknowledgement, and resolves to what it acknowledged. */
const writeAndKill = async (writer: string, directory: string, after: number): Promise<readonly string[]> => {
  const child = spawn(process.execPath, [writer, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let [text, errors] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  await wait(after);
  child.kill('SIGKILL');
  await closed;
  assert.equal(errors, '', 'the writer failed by itself');
  // What stands behind the last line end is a line that was cut by the kill.
  return text.split('\n').slice(0, -1);
};

/** Kills the writer of one log again and again; resolves to how many records it acknowledged in all. */
const torment = async (writer: string, directory: string): Promise<number> => {
  const acknowledged = new Map<number, string>();
  for (let kill = 1; kill <= killsOfEach; kill += 1) {
    const lines = await writeAndKill(writer, directory, Math.random() * 10);
    assert.ok(lines.length > 0, 'killed before anything was acknowledged');
    for (const line of lines) {
      const [seq = '', hash = ''] = line.split(' ');
      assert.ok(!acknowledged.has(Number(seq)), `record ${seq} was acknowledged twice`);
      acknowledged.set(Number(seq), hash);
    }
    const { findings, head } = await verifyAuditLog(directory);
    assert.deepEqual(findings, [], `after kill ${kill}`);
    const newest = [...acknowledged.keys()].reduce((a, b) => Math.max(a, b));
    assert.ok(head.seq >= newest, `record ${newest} was acknowledged, and the log ends with ${head.seq}`);
  }
  const kept = new Set((await allLines(directory)).map((line) => `${/\d+/.exec(line)?.[0] ?? ''} ${hashIn(line)}`));
  for (const [seq, hash] of acknowledged) assert.ok(kept.has(`${seq} ${hash}`), `record ${seq} is lost`);
  return acknowledged.size;
};

test(`${logs * killsOfEach} kills during writes: nothing acknowledged is lost, and every log is sound`, async (context) => {
  const writer = await bundle(aDirectory(context));
  const directories = Array.from({ length: logs }, () => aDirectory(context));
  let acknowledged = 0;
  // Two processors, two logs at a time.
  for (let index = 0; index < logs; index += 2)
    for (const count of await Promise.all(directories.slice(index, index + 2).map((one) => torment(writer, one))))
      acknowledged += count;
  context.diagnostic(`${acknowledged} records were acknowledged`);
});
