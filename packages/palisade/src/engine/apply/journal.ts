import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../support/errors.ts';
import { isFileSystemError, syncDirectory } from '../../support/files.ts';
import { error } from '../errors.ts';
import { type JournalEntry, type JournalRecord, journalRecord } from './records.ts';

/** The journal of one apply, open for appending. */
export interface Journal {
  /** What earlier runs wrote, and what this one has appended. */
  readonly records: readonly JournalRecord[];
  /** Resolves when the record is on the disk. Throws `engine/journal-unwritable`. */
  readonly append: (entry: JournalEntry) => Promise<void>;
  readonly close: () => Promise<void>;
}

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/**
 * The records of a journal's text, and the number of bytes that they take. A last line without its end was being
 * written when the run died: whatever it says was not yet relied upon. Throws `engine/journal-damaged` for any other
 * line.
 */
export const parseJournal = (
  file: string,
  text: string,
): { readonly records: readonly JournalRecord[]; readonly bytes: number } => {
  const end = text.lastIndexOf('\n') + 1;
  const complete = text.slice(0, end);
  const records = complete
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      const parsed = journalRecord.safeParse(parseJson(line));
      if (!parsed.success) throw error('engine/journal-damaged', { file, line: index + 1 });
      return parsed.data;
    });
  return { records, bytes: Buffer.byteLength(complete) };
};

/** Reads a journal without changing it; no records where there is no file. */
export const loadJournal = async (file: string): Promise<readonly JournalRecord[]> => {
  try {
    return parseJournal(file, await readFile(file, 'utf8')).records;
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return [];
    throw thrown;
  }
};

/** Opens a journal, making it where there is none; a half-written last line is cut off. */
export const openJournal = async (file: string, now: () => Date): Promise<Journal> => {
  let handle: FileHandle;
  try {
    handle = await open(file, 'a+', 0o600);
    await syncDirectory(dirname(file));
  } catch (cause) {
    throw error('engine/journal-unwritable', { file, why: messageOf(cause) }, cause);
  }
  try {
    const parsed = parseJournal(file, await handle.readFile('utf8'));
    const records = [...parsed.records];
    let bytes = parsed.bytes;
    return {
      records,
      append: async (entry) => {
        const record = journalRecord.parse({ ...entry, at: now().toISOString() });
        const line = Buffer.from(`${JSON.stringify(record)}\n`, 'utf8');
        try {
          // Cuts off what an earlier, failed write may have left.
          await handle.truncate(bytes);
          await handle.writeFile(line);
          await handle.datasync();
        } catch (cause) {
          throw error('engine/journal-unwritable', { file, why: messageOf(cause) }, cause);
        }
        bytes += line.length;
        records.push(record);
      },
      close: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
};
