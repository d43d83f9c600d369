import { defineErrors } from '../support/errors.ts';

const steps = (list: readonly number[]): string => (list.length === 0 ? 'none' : list.join(', '));

/** The errors of the engine. */
export const { error, definitions } = defineErrors<{
  'engine/plan-conflict': {
    readonly place: string;
    readonly why: string;
    readonly first: readonly string[];
    readonly second: readonly string[];
  };
  'engine/path-outside-project': { readonly path: string };
  'engine/not-a-plain-file': { readonly path: string; readonly what: string };
  'engine/files-drifted': { readonly paths: readonly string[]; readonly diff: string };
  'engine/files-edited-since-apply': { readonly paths: readonly string[]; readonly diff: string };
  'engine/change-not-possible': { readonly step: number; readonly target: string; readonly why: string };
  'engine/executor-missing': { readonly kind: string; readonly step: number };
  'engine/apply-stopped': {
    readonly step: number;
    readonly target: string;
    readonly why: string;
    readonly done: readonly number[];
    readonly left: readonly number[];
  };
  'engine/rollback-stopped': { readonly step: number; readonly target: string; readonly why: string };
  'engine/apply-unfinished': { readonly apply: string; readonly directory: string };
  'engine/rollback-unfinished': { readonly apply: string; readonly directory: string };
  'engine/nothing-to-roll-back': { readonly directory: string };
  'engine/originals-missing': { readonly apply: string; readonly path: string };
  'engine/journal-damaged': { readonly file: string; readonly line: number };
  'engine/journal-unwritable': { readonly file: string; readonly why: string };
  'engine/directory-locked': { readonly directory: string; readonly holder: string; readonly file: string };
  'engine/directory-not-writable': { readonly directory: string; readonly why: string };
  'engine/source-missing': { readonly source: string };
  'engine/source-too-large': { readonly source: string; readonly limit: number };
  'engine/target-not-ours': { readonly target: string };
  'engine/target-encloses-source': { readonly source: string; readonly target: string };
  'engine/target-record-damaged': { readonly file: string };
}>({
  'engine/plan-conflict': {
    exit: 2,
    summary: 'Two findings ask for changes that cannot both be made.',
    message: ({ place, why, first, second }) =>
      `${place}: ${why}; asked for by ${first.join(', ')} and by ${second.join(', ')}`,
    next: ({ first, second }) =>
      `suppress one of them in palisade.yaml (${first[0] ?? '?'}, ${second[0] ?? '?'}), or make the change by hand`,
  },
  'engine/path-outside-project': {
    exit: 2,
    summary: 'A change names a file outside of the project directory.',
    message: ({ path }) => `${path} is not inside of the project directory; nothing was changed`,
    next: () => 'move the file into the project, or change it by hand',
  },
  'engine/not-a-plain-file': {
    exit: 2,
    summary: 'A change names something that is no regular file.',
    message: ({ path, what }) => `${path} is ${what}; only plain files are changed`,
    next: ({ path }) => `replace ${path} by a plain file, or change what it stands for by hand`,
  },
  'engine/files-drifted': {
    exit: 2,
    summary: 'Files were changed by hand after the plan was made.',
    message: ({ paths, diff }) =>
      `changed since the plan was made: ${paths.join(', ')}; nothing was touched\n${diff}`.trimEnd(),
    next: () => 'make a new plan',
  },
  'engine/files-edited-since-apply': {
    exit: 2,
    summary: 'Files were changed by hand after the apply that is to be rolled back.',
    message: ({ paths, diff }) =>
      `changed since the apply: ${paths.join(', ')}; nothing was touched\n${diff}`.trimEnd(),
    next: () =>
      'save those changes elsewhere, then roll back with force; what is overwritten is kept beside the originals',
  },
  'engine/change-not-possible': {
    exit: 2,
    summary: 'A change of the plan cannot be made to the file as it is.',
    message: ({ step, target, why }) => `step ${step} cannot be made to ${target}: ${why}; nothing was touched`,
    next: () => 'make a new plan',
  },
  'engine/executor-missing': {
    exit: 2,
    summary: 'A plan holds a kind of change that cannot be carried out here.',
    message: ({ kind, step }) => `step ${step} is a ${kind}, which needs a running stack; nothing was touched`,
    next: () => 'start the stack, then apply again',
  },
  'engine/apply-stopped': {
    exit: 3,
    summary: 'A step of an apply failed or was interrupted.',
    message: ({ step, target, why, done, left }) =>
      `stopped at step ${step} (${target}): ${why}; done: ${steps(done)}; not done: ${steps(left)}`,
    next: () => 'remove the cause and run the same command again to finish, or roll back',
  },
  'engine/rollback-stopped': {
    exit: 3,
    summary: 'A step of a rollback failed or was interrupted.',
    message: ({ step, target, why }) => `the rollback stopped at step ${step} (${target}): ${why}`,
    next: () => 'remove the cause and roll back again; it goes on where it stopped',
  },
  'engine/apply-unfinished': {
    exit: 2,
    summary: 'An earlier apply of another plan did not finish.',
    message: ({ apply, directory }) =>
      `apply ${apply} of another plan did not finish in ${directory}; nothing was touched`,
    next: () => 'resume it or roll it back first',
  },
  'engine/rollback-unfinished': {
    exit: 2,
    summary: 'An earlier rollback did not finish.',
    message: ({ apply, directory }) =>
      `the rollback of apply ${apply} did not finish in ${directory}; nothing was touched`,
    next: () => 'roll back again; it goes on where it stopped',
  },
  'engine/nothing-to-roll-back': {
    exit: 2,
    summary: 'There is no apply that could be rolled back.',
    message: ({ directory }) => `no apply is left to roll back in ${directory}`,
    next: () => 'look at the journal with `palisade status`',
  },
  'engine/originals-missing': {
    exit: 3,
    summary: 'The kept original of a file is gone or damaged.',
    message: ({ apply, path }) => `the original of ${path}, kept by apply ${apply}, is missing or damaged`,
    next: () => 'restore .palisade/originals from a backup, or the file itself from version control',
  },
  'engine/journal-damaged': {
    exit: 3,
    summary: 'A line of the journal cannot be read.',
    message: ({ file, line }) => `line ${line} of ${file} is no journal record`,
    next: ({ file }) => `restore ${file} from a backup; without it Palisade cannot tell what it changed`,
  },
  'engine/journal-unwritable': {
    exit: 3,
    summary: 'The journal cannot be written, so nothing may be changed.',
    message: ({ file, why }) => `${file} cannot be written: ${why}`,
    next: () => 'make room or give the rights to write there, then run the same command again',
  },
  'engine/directory-locked': {
    exit: 3,
    summary: 'Another run is changing the same directory.',
    message: ({ directory, holder }) => `${directory} is being changed by ${holder}`,
    next: ({ file }) => `wait for it to end; if it runs on no machine any more, remove ${file}`,
  },
  'engine/directory-not-writable': {
    exit: 2,
    summary: 'The project directory, or a file in it, cannot be read or written.',
    message: ({ directory, why }) => `${directory} cannot be read or written: ${why}; nothing was changed`,
    next: () => 'make room there and give this account the rights, or name another target',
  },
  'engine/source-missing': {
    exit: 2,
    summary: 'The project directory does not exist.',
    message: ({ source }) => `${source} is no directory`,
    next: () => 'name the directory that holds the Compose file',
  },
  'engine/source-too-large': {
    exit: 2,
    summary: 'The project directory is too large to be copied.',
    message: ({ source, limit }) =>
      `${source} holds more than ${Math.round(limit / 1024 / 1024)} MiB; nothing was copied`,
    next: () => 'move data out of the project directory, or change the project in place',
  },
  'engine/target-not-ours': {
    exit: 2,
    summary: 'The target exists and was not made by Palisade.',
    message: ({ target }) => `${target} exists, is not empty and was not made by Palisade; nothing was touched`,
    next: () => 'name another target, or empty this one',
  },
  'engine/target-encloses-source': {
    exit: 2,
    summary: 'The target is the project directory or encloses it.',
    message: ({ source, target }) => `${target} is or encloses the project directory ${source}`,
    next: () => 'name a target beside or below the project directory',
  },
  'engine/target-record-damaged': {
    exit: 3,
    summary: 'The record of what a target was copied from cannot be read.',
    message: ({ file }) => `${file} cannot be read`,
    next: () => 'make the target anew under another name',
  },
});
