/** Ends what takes longer than it may. */
export interface Deadlines<Item> {
  /** From now on the item has its time. */
  readonly start: (item: Item) => void;
  /** The item was in time, or is past it already. */
  readonly end: (item: Item) => void;
}

/**
 * Calls `over` once for each item that has not ended within so many milliseconds. As all have the same time, they run out in the
 * order in which they came, and one timer looks after the first of them: thousands of timers a second would cost as much as the rest of
 * the guard. Keeps no process alive.
 */
export const createDeadlines = <Item extends object>(
  milliseconds: number,
  over: (item: Item) => void,
): Deadlines<Item> => {
  /** When each runs out, the first one first. */
  const open = new Map<Item, number>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const [item, end] of open) {
      if (end > now) {
        timer = setTimeout(look, Math.ceil(end - now)).unref();
        return;
      }
      open.delete(item);
      over(item);
    }
  };
  return {
    start: (item) => {
      open.set(item, performance.now() + milliseconds);
      timer ??= setTimeout(look, milliseconds).unref();
    },
    end: (item) => {
      open.delete(item);
    },
  };
};
