/**
 * Maps with at most `limit` calls under way; results in the order of the items. The first rejection rejects the whole,
 * after the calls under way have ended.
 */
export const mapConcurrently = async <T, R>(
  items: readonly T[],
  limit: number,
  call: (item: T, index: number) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const failures: unknown[] = [];
  // One iterator for all workers: each takes the next item that nobody has taken.
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await call(item, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
};

/** Runs with a time bound: the signal aborts after `milliseconds` or with the outer signal, whichever is first. */
export const withTimeout = async <T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = AbortSignal.timeout(milliseconds);
  const signal = outer === undefined ? limit : AbortSignal.any([outer, limit]);
  let aborted: (() => void) | undefined;
  try {
    return await Promise.race([
      call(signal),
      new Promise<never>((_, reject) => {
        aborted = () => reject(outer?.aborted ? outer.reason : new Error(`no answer within ${milliseconds} ms`));
        signal.addEventListener('abort', aborted, { once: true });
        if (signal.aborted) aborted();
      }),
    ]);
  } finally {
    if (aborted !== undefined) signal.removeEventListener('abort', aborted);
  }
};
