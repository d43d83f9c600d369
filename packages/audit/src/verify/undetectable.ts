import type { KnownCheckpoint } from './finding.ts';

/** What a verification with these means cannot see, told plainly. */
export const undetectable = (vouched: KnownCheckpoint | undefined, head: number): readonly string[] => {
  const always = 'Events that a program reported falsely or not at all: they were wrong before they were written.';
  if (vouched === undefined)
    return [
      'A chain that was computed anew from some record on, an end that was cut off, a log that was put back to an earlier state: no checkpoint vouches for any record.',
      always,
    ];
  const { checkpoint, origin, signed } = vouched;
  const { seq, signature } = checkpoint;
  const later =
    seq < head ? [`A cut or a change of the records after ${seq}, for which no checkpoint vouches yet.`] : [];
  if (origin !== 'beside the log') return [...later, always];
  const rolledBack =
    'A log that was cut or put back to an earlier state together with the checkpoints beside it: that takes a checkpoint that is kept elsewhere (--checkpoint, --remember).';
  if (signed !== true)
    return [
      `A chain that was computed anew together with the checkpoints beside it: no key was given to check their signatures.`,
      rolledBack,
      ...later,
      always,
    ];
  return [
    signature?.kind === 'local'
      ? `A chain that was computed anew by whoever can read the local key ${signature.key}, which signs on the machine that writes the log.`
      : `A chain that was computed anew by whoever may have the key ${signature?.key ?? ''} sign.`,
    rolledBack,
    ...later,
    always,
  ];
};
