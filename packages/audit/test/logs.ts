import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type AuditEvent, type AuditLogOptions, listSegments, openAuditLog } from '../src/index.ts';

/** A directory of its own, gone with the test. */
export const aDirectory = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-audit-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** An event like any other. */
export const anEvent = (uid: string): AuditEvent => ({
  class: 'api-activity',
  activity: 'delete',
  outcome: 'failure',
  operation: 'user.delete',
  reason: 'insufficient-permissions',
  actor: { uid: 'u-17', issuer: 'https://issuer.example' },
  source: { ip: '192.0.2.7', port: 40123 },
  resource: { type: 'user', uid },
  request: { uid: `request-${uid}`, method: 'DELETE', path: `/api/user/${uid}`, status: 403 },
});

/** Writes a log with so many events, numbered from 1, and closes it. */
export const writeLog = async (
  directory: string,
  events: number,
  options: Omit<AuditLogOptions, 'directory'> = {},
): Promise<void> => {
  const log = await openAuditLog({ directory, ...options });
  for (let number = 1; number <= events; number += 1) await log.append(anEvent(String(number)));
  await log.close();
};

/** The lines of one file of a log. */
export const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

/** Every line of a log. */
export const allLines = async (directory: string): Promise<readonly string[]> =>
  (await listSegments(directory)).flatMap((segment) =>
    linesOf(join(directory, `${String(segment).padStart(8, '0')}.jsonl`)),
  );

/** Writes lines in place of those of a file. */
export const putLines = (file: string, lines: readonly string[]): void =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));

const hashed = (body: string): string => {
  const own = hash('sha256', `palisade-audit-record-v1\n${body}`, 'hex');
  return `${body},"hash":"${own}"}`;
};

/** The hash that a line gives. */
export const hashIn = (line: string): string => line.slice(-66, -2);

/** The line with a hash that fits what it says now, as a forger makes it who knows the format. */
export const rehash = (line: string): string => hashed(line.slice(0, -75));

/** Lines whose numbers and hashes are made anew, so that the chain is sound again. */
export const rechain = (
  lines: readonly string[],
  from: { readonly seq: number; readonly hash: string },
): readonly string[] => {
  let { seq, hash: prev } = from;
  return lines.map((line) => {
    seq += 1;
    const made = rehash(line.replace(/^\{"seq":\d+,"prev":"[0-9a-f]{64}"/, `{"seq":${seq},"prev":"${prev}"`));
    prev = hashIn(made);
    return made;
  });
};
