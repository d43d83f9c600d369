import { once } from 'node:events';

/** True where colour is wanted: a terminal, and neither NO_COLOR (no-color.org) nor a dumb terminal says otherwise. */
export const wantsColor = (
  // Absent, not false, where the stream is a pipe, whatever Node's own type says.
  stream: { readonly isTTY?: boolean },
): boolean => stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

/** Columns to fill: those of the terminal, or 100 where there is none. */
export const columns = (): number => Math.max(40, Math.min(process.stdout.columns ?? 100, 120));

/** Writes a result. Waits until a slow pipe has taken it, so that nothing is cut however large it is. */
export const writeResult = async (text: string): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
};

/** Writes one line of progress to standard error. */
export const writeProgress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
