/** Milliseconds since the epoch. A parameter, so that tests say what time it is. */
export type Now = () => number;

/** The machine's clock. */
export const systemNow: Now = () => Date.now();
