// A process of its own, in a mount namespace of its own, on a file system with little room: `full-disk.ts DIRECTORY`.
// Says as JSON what became of the log when the room ran out and when there was some again.
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuditError, openAuditLog, verifyAuditLog } from '../src/index.ts';
import { anEvent } from './logs.ts';

const [mount = ''] = process.argv.slice(2);
const [directory, ballast] = [join(mount, 'audit'), join(mount, 'ballast')];
writeFileSync(ballast, Buffer.alloc(64 * 1024));
const log = await openAuditLog({ directory, segmentBytes: 50_000 });
const acknowledged = new Map<number, string>();
const refusals: string[] = [];

const appendMany = async (): Promise<number> => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => log.append(anEvent(String(index)))),
  );
  for (const outcome of outcomes)
    if (outcome.status === 'fulfilled') acknowledged.set(outcome.value.seq, outcome.value.hash);
    else
      refusals.push(
        outcome.reason instanceof AuditError
          ? `${outcome.reason.code} ${outcome.reason.message}`
          : String(outcome.reason),
      );
  return outcomes.filter(({ status }) => status === 'rejected').length;
};

for (let turn = 0; turn < 200 && refusals.length === 0; turn += 1) await appendMany();
const [atFull, full] = [acknowledged.size, await verifyAuditLog(directory)];
const stillRefused = await appendMany();
const room = statfsSync(mount).bavail;
rmSync(ballast);
const refusedAfterwards = await appendMany();
const { seq } = log.head();
await log.close();
const end = await verifyAuditLog(directory);
process.stdout.write(
  JSON.stringify({
    atFull,
    full: { findings: full.findings, torn: full.torn ?? null, head: full.head.seq },
    room,
    stillRefused,
    refusal: refusals[0],
    refusedAfterwards,
    acknowledged: acknowledged.size,
    last: Math.max(...acknowledged.keys()),
    seq,
    end: { findings: end.findings, torn: end.torn ?? null, recovered: end.recovered.length, records: end.records },
  }),
);
