import type { Answer } from '../../contracts/evidence.ts';
import { messageOf } from '../../support/errors.ts';

/** A fact that was found out. */
export const known = <T>(value: T): Answer<T> => ({ known: true, value });

/** A fact that could not be found out. */
export const unknown = (why: string): Answer<never> => ({ known: false, why });

/** Asks, and makes an unknown with the reason of whatever goes wrong; an aborted signal still ends the asking. */
export const ask = async <T>(signal: AbortSignal, question: () => Promise<T>): Promise<Answer<T>> => {
  try {
    return known(await question());
  } catch (thrown) {
    signal.throwIfAborted();
    return unknown(messageOf(thrown));
  }
};
