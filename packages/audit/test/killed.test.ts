import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { verifyAuditLog } from '../src/index.ts';
import { aDirectory, allLines, hashIn } from './logs.ts';

const kills = 200;

/** Has a process write the log, kills it some time after its first acknowledgement, and resolves to what it acknowledged. */
const writeAndKill = async (directory: string, after: number): Promise<readonly string[]> => {
  const child = spawn(
    process.execPath,
    ['--conditions=palisade-source', '--no-warnings', join(import.meta.dirname, 'writer.ts'), directory],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000, killSignal: 'SIGKILL' },
  );
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

test(
  `${kills} kills during writes: nothing acknowledged is lost, and every log is sound`,
  { timeout: 120_000 },
  async (context) => {
    // Two processors, two logs.
    const counts = await Promise.all(
      [0, 1].map(async () => {
        const directory = aDirectory(context);
        const acknowledged = new Map<number, string>();
        for (let kill = 0; kill < kills / 2; kill += 1) {
          const lines = await writeAndKill(directory, Math.random() * 25);
          assert.ok(lines.length > 0, 'killed before anything was acknowledged');
          for (const line of lines) {
            const [seq = '', hash = ''] = line.split(' ');
            assert.ok(!acknowledged.has(Number(seq)), `record ${seq} was acknowledged twice`);
            acknowledged.set(Number(seq), hash);
          }
          const { findings, head } = await verifyAuditLog(directory);
          assert.deepEqual(findings, [], `after kill ${kill}`);
          assert.ok(head.seq >= Math.max(...acknowledged.keys()), `ends with ${head.seq} after kill ${kill}`);
        }
        const records = (await allLines(directory)).filter((line) => line.endsWith('"}') && line.startsWith('{"seq":'));
        const kept = new Set(records.map((line) => `${/\d+/.exec(line)?.[0] ?? ''} ${hashIn(line)}`));
        for (const [seq, hash] of acknowledged) assert.ok(kept.has(`${seq} ${hash}`), `record ${seq} is lost`);
        return acknowledged.size;
      }),
    );
    context.diagnostic(`${counts.reduce((sum, count) => sum + count, 0)} records were acknowledged`);
  },
);
