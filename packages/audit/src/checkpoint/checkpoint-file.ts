import { open, readFile } from 'node:fs/promises';
import { type Checkpoint, parseCheckpoint, renderCheckpoint } from './checkpoint.ts';

/** Checkpoints of a file, and how many of its lines are none. */
export interface CheckpointFile {
  readonly checkpoints: readonly Checkpoint[];
  readonly unreadable: number;
}

/** Reads checkpoints, one a line; none where the file does not exist. */
export const readCheckpoints = async (path: string): Promise<CheckpointFile> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')
      return { checkpoints: [], unreadable: 0 };
    throw thrown;
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const checkpoints = lines.flatMap((line) => parseCheckpoint(line) ?? []);
  return { checkpoints, unreadable: lines.length - checkpoints.length };
};

/** Appends a checkpoint, on the disk when it resolves. Begins a new line where an interrupted write left none. */
export const appendCheckpoint = async (path: string, checkpoint: Checkpoint): Promise<void> => {
  const handle = await open(path, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    await handle.appendFile(`${size > 0 && last[0] !== 10 ? '\n' : ''}${renderCheckpoint(checkpoint)}`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
};
