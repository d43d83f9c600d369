// A process of its own that writes a file which may only grow (chattr(1) +a), under a limit of its size (setrlimit(2)):
// `append-only.ts DIRECTORY`. Says as JSON what became of the log.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openAuditLog, verifyAuditLog } from '../src/index.ts';
import { anEvent } from './logs.ts';

const [directory = ''] = process.argv.slice(2);
const file = join(directory, '00000001.jsonl');
const limit = (bytes: string): void =>
  void execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);

const log = await openAuditLog({ directory });
await log.append(anEvent('1'));
execFileSync('chattr', ['+a', file]);
try {
  limit(String(statSync(file).size + 1000));
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => log.append(anEvent('refused'))));
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  limit('unlimited');
  const { seq } = await log.append(anEvent('2'));
  await log.close();
  const { findings, recovered, torn, records } = await verifyAuditLog(directory);
  process.stdout.write(
    JSON.stringify({ refused, seq, findings, recovered: recovered.length, torn: torn ?? null, records }),
  );
} finally {
  execFileSync('chattr', ['-a', file]);
}
