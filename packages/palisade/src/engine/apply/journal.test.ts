import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { aDirectory } from '../fixtures/project.ts';
import { loadJournal, openJournal } from './journal.ts';

const now = (): Date => new Date('2026-03-10T12:00:00Z');
const line = '{"type":"undo","at":"2026-03-10T12:00:00.000Z","step":1}\n';

describe('a journal', () => {
  it('has a line for each record, with its time', async (context) => {
    const file = join(await aDirectory(context), 'j.jsonl');
    const journal = await openJournal(file, now);
    await journal.append({ type: 'undo', step: 1 });
    await journal.close();
    assert.equal(await readFile(file, 'utf8'), line);
    assert.deepEqual(await loadJournal(file), journal.records);
  });

  for (const torn of ['{"type":"und', '{"type":"undone","step":1,"at":"2026-03-10T12:00:00.000Z"}', '\0\0\0\0'])
    it(`forgets a last line that was being written: ${JSON.stringify(torn)}`, async (context) => {
      const file = join(await aDirectory(context), 'j.jsonl');
      await writeFile(file, line + torn);
      assert.equal((await loadJournal(file)).length, 1);
      const journal = await openJournal(file, now);
      await journal.append({ type: 'undo', step: 1 });
      await journal.close();
      assert.equal(await readFile(file, 'utf8'), line + line);
    });

  for (const broken of ['{"type":"und\n', '{"type":"undo","step":0,"at":"2026-03-10T12:00:00.000Z"}\n', '\n'])
    it(`does not guess at a damaged line: ${JSON.stringify(broken)}`, async (context) => {
      const file = join(await aDirectory(context), 'j.jsonl');
      await writeFile(file, line + broken + line);
      await assert.rejects(loadJournal(file), { code: 'engine/journal-damaged', message: /line 2/ });
      await assert.rejects(openJournal(file, now), { code: 'engine/journal-damaged' });
      assert.equal(await readFile(file, 'utf8'), line + broken + line);
    });

  it('says where it cannot be written', async (context) => {
    const file = join(await aDirectory(context), 'missing/j.jsonl');
    await assert.rejects(openJournal(file, now), { code: 'engine/journal-unwritable' });
  });
});
