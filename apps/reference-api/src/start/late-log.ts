import type { Log } from '../oauth/query.ts';

/** A log that is written before there is one. */
export interface LateLog extends Log {
  /** Writes what was kept, in order, and everything from now on, to this log. */
  readonly continueIn: (log: Log) => void;
}

/** Lines that are kept; what a start says is short. */
const most = 100;

/** Keeps lines until the log is there. Those of a start that fails are dropped with it: its error says what happened. */
export const createLateLog = (): LateLog => {
  let target: Log | undefined;
  const kept: ((log: Log) => void)[] = [];
  const write = (line: (log: Log) => void): void => {
    if (target !== undefined) line(target);
    else if (kept.length < most) kept.push(line);
  };
  return {
    info: (fields, message) => write((log) => log.info(fields, message)),
    warn: (fields, message) => write((log) => log.warn(fields, message)),
    error: (fields, message) => write((log) => log.error(fields, message)),
    continueIn: (log) => {
      target = log;
      for (const line of kept.splice(0)) line(log);
    },
  };
};
