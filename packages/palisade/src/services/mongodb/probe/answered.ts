import type { Answer } from '../../../contracts/evidence.ts';
import { messageOf } from '../../../support/errors.ts';

/** Turns what a question throws into an unknown with the reason. A cancelled probe ends as a whole. */
export const answered = async <T>(signal: AbortSignal, question: () => Promise<T>): Promise<Answer<T>> => {
  try {
    return { known: true, value: await question() };
  } catch (thrown) {
    signal.throwIfAborted();
    return { known: false, why: messageOf(thrown) };
  }
};
