/** Ends what takes longer than it may. */
export interface Deadlines<Item> {
  /** From now on the item has its time. */
  readonly start: (item: Item) => void;
  /** The item was in time, or is past it already. */
  readonly end: (item: Item) => void;
}

/** Parts of the time; a deadline is kept at the latest so much late. To read the clock for each item would cost more than the rest. */
const ticksOfTime = 20;

/**
 * Calls `over` once for each item that has not ended within so many milliseconds, and a twentieth of them more at most. As all have
 * the same time, they run out in the order in which they came, and one timer looks after the first of them: thousands of timers a
 * second would cost as much as the rest of the guard. Keeps no process alive.
 */
export const createDeadlines = <Item extends object>(
  milliseconds: number,
  over: (item: Item) => void,
): Deadlines<Item> => {
  /** In which tick each runs out, the first one first. */
  const open = new Map<Item, number>();
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    timer = undefined;
    tick += 1;
    for (const [item, end] of open) {
      if (end > tick) break;
      open.delete(item);
      over(item);
    }
    if (open.size > 0) wait();
  };
  const wait = (): void => {
    timer ??= setTimeout(look, milliseconds / ticksOfTime).unref();
  };
  return {
    start: (item) => {
      // The tick that runs has begun before.
      open.set(item, tick + ticksOfTime + 1);
      wait();
    },
    end: (item) => {
      open.delete(item);
    },
  };
};
