import { messageOf } from './errors.ts';

/** Turns what a question throws into an unknown with the reason. A cancelled probe ends as a whole. */
export const answered = async <T>(
  signal: AbortSignal,
  question: () => Promise<T>,
): Promise<{ readonly known: true; readonly value: T } | { readonly known: false; readonly why: string }> => {
  try {
    return { known: true, value: await question() };
  } catch (thrown) {
    signal.throwIfAborted();
    return { known: false, why: messageOf(thrown) };
  }
};
