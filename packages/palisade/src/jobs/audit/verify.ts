import {
  type Checkpoint,
  type TamperFinding,
  type Verification,
  appendCheckpoint,
  verifyAuditLog,
} from '@palisade/audit';
import { type ExitCode, messageOf } from '../../support/errors.ts';
import type { ResultContext } from '../context.ts';
import { error } from '../errors.ts';
import { renderVerifications } from './render.ts';
import { explained, findLogs, readGiven, readKeys, readMemory } from './sources.ts';

/** What `palisade audit verify` was asked. */
export interface AuditVerifyOptions {
  readonly directory: string;
  /** Files with checkpoints that were kept elsewhere. */
  readonly checkpoint?: readonly string[];
  /** Files with public keys. */
  readonly key?: readonly string[];
  /** File in which runs remember what they saw. */
  readonly remember?: string;
  readonly json: boolean;
}

/** Logs that are known from elsewhere and are not there: the newest checkpoint of each. */
const missingLogs = (known: readonly Checkpoint[], found: readonly Verification[]): readonly TamperFinding[] =>
  [...Map.groupBy(known, ({ log }) => log)]
    .filter(([log]) => !found.some((one) => one.log === log))
    .map(([log, checkpoints]) => ({
      kind: 'missing-log',
      seq: 1,
      message: `the log ${log} is not there, of which ${Math.max(...checkpoints.map(({ seq }) => seq))} records are known`,
    }));

const remember = async (
  file: string,
  memory: readonly Checkpoint[],
  { log, head }: Verification,
  time: number,
): Promise<void> => {
  const known = memory.some((one) => one.log === log && one.seq >= head.seq);
  if (log === undefined || head.seq === 0 || known) return;
  try {
    await appendCheckpoint(file, { log, seq: head.seq, hash: head.hash, time });
  } catch (thrown) {
    throw error('job/audit-memory-unusable', { file, why: messageOf(thrown) });
  }
};

/**
 * The job behind `palisade audit verify`: 0 where every log is what it was, as far as can be told, 1 where one was tampered
 * with. What was seen is remembered only where nothing was found.
 *
 * @throws `job/no-audit-log`, `job/audit-log-unreadable`, `job/audit-checkpoints-unreadable`, `job/audit-key-unusable`,
 * `job/audit-memory-beside-log`, `job/audit-memory-unusable`
 */
export const verifyAuditLogs = async (options: AuditVerifyOptions, context: ResultContext): Promise<ExitCode> => {
  const { directory, checkpoint = [], key = [], json } = options;
  const [given, keys] = [await readGiven(checkpoint), await readKeys(key)];
  const directories = await findLogs(directory);
  const memory = options.remember === undefined ? [] : await readMemory(options.remember, directories);
  const known = [...given, ...memory];
  if (directories.length === 0 && known.length === 0) throw error('job/no-audit-log', { directory });
  const logs: Verification[] = [];
  for (const one of directories)
    try {
      logs.push(await verifyAuditLog(one, { keys, given, remembered: memory, signal: context.signal }));
    } catch (thrown) {
      throw explained(one, thrown);
    }
  const missing = missingLogs(known, logs);
  await context.result(
    json ? `${JSON.stringify({ logs, missing }, null, 2)}\n` : renderVerifications(logs, missing, context.color),
  );
  if (missing.length > 0 || logs.some(({ findings }) => findings.length > 0)) return 1;
  if (options.remember !== undefined)
    for (const log of logs) await remember(options.remember, memory, log, context.clock.now());
  return 0;
};
