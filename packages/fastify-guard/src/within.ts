/** Thrown by `within` where the time is over. */
export class TimeOver extends Error {
  override readonly name = 'TimeOver';
}

/**
 * The result of work that is given the signal of its own time limit, in milliseconds. Work that ignores the signal is left to
 * itself: its late result or failure goes nowhere.
 *
 * @throws TimeOver after the given time
 */
export const within = async <Result>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const reason = new TimeOver(`no answer within ${milliseconds} ms`);
      controller.abort(reason);
      reject(reason);
    }, milliseconds);
  });
  try {
    return await Promise.race([work(controller.signal), over]);
  } finally {
    clearTimeout(timer);
  }
};
