import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, openAuditLog } from '../packages/audit/src/index.ts';

const event = (number: number): AuditEvent => ({
  class: 'api-activity',
  activity: 'delete',
  outcome: 'failure',
  operation: 'user.delete',
  reason: 'insufficient-permissions',
  actor: { uid: 'u-17', issuer: 'https://issuer.example' },
  source: { ip: '192.0.2.7', port: 40_123 },
  resource: { type: 'user', uid: String(number) },
  request: { uid: `request-${number}`, method: 'DELETE', path: `/api/user/${number}`, status: 403 },
});

/** What it took: seconds, and microseconds of processor time for each event. */
interface Effort {
  readonly seconds: number;
  readonly processor: number;
}

/** What `callers` take to have `events` acknowledged, each of them waiting for its receipt before its next event. */
const writeLog = async (directory: string, events: number, callers: number): Promise<Effort> => {
  const log = await openAuditLog({ directory });
  let number = 0;
  const [began, used] = [performance.now(), process.cpuUsage()];
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (number < events) await log.append(event(number++));
    }),
  );
  const [seconds, { user, system }] = [(performance.now() - began) / 1000, process.cpuUsage(used)];
  await log.close();
  return { seconds, processor: (user + system) / events };
};

/** Seconds that it takes to write the same bytes in as many parts as there are rounds of callers, an fdatasync after each. */
const floorSeconds = async (bytes: Buffer, file: string, parts: number): Promise<number> => {
  const handle = await open(file, 'wx', 0o600);
  const size = Math.ceil(bytes.length / parts);
  const began = performance.now();
  for (let offset = 0; offset < bytes.length; offset += size) {
    await handle.write(bytes.subarray(offset, offset + size));
    await handle.datasync();
  }
  const seconds = (performance.now() - began) / 1000;
  await handle.close();
  return seconds;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rate = (perSecond: number): string => Math.round(perSecond).toLocaleString('en').padStart(9);

/**
 * Acknowledged events a second of the audit log, by how many callers wait at once, against the bare floor: the same bytes
 * written and fdatasynced in as many parts. Both in turns on the same disk; medians of three.
 */
export const benchAudit = async (): Promise<string> => {
  const scratch = mkdtempSync(join(tmpdir(), 'palisade-bench-audit-'));
  const rows: string[] = [];
  try {
    for (const callers of [1, 16, 128, 1024]) {
      const events = Math.min(50_000, callers * 250);
      const [logged, floor, processor]: [number[], number[], number[]] = [[], [], []];
      for (let round = 0; round < 3; round += 1) {
        const directory = join(scratch, `${callers}-${round}`);
        const effort = await writeLog(directory, events, callers);
        logged.push(events / effort.seconds);
        processor.push(effort.processor);
        const segments = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
        const bytes = Buffer.concat(segments.map((name) => readFileSync(join(directory, name))));
        floor.push(events / (await floorSeconds(bytes, join(directory, 'floor'), Math.ceil(events / callers))));
        rmSync(directory, { recursive: true });
      }
      const [ours, bare] = [median(logged), median(floor)];
      rows.push(
        `  ${String(callers).padStart(7)}   ${rate(ours)}   ${rate(bare)}   ${(ours / bare).toFixed(2)}   ${median(processor).toFixed(0).padStart(5)} µs`,
      );
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return [
    'audit: acknowledged events a second, each on the disk (fdatasync), redacted and hashed; median of three',
    '  callers         log       floor   ratio   processor, an event',
    ...rows,
    '',
  ].join('\n');
};
