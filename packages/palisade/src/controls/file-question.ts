import type { Observation, Resource } from '../contracts/control.ts';
import type { ProjectFile, Stack } from '../contracts/stack.ts';
import { type Fault, failure } from './question.ts';

/** What a control asks of files of the project. */
export interface FileQuestion {
  /** The files that the question is about. */
  readonly about: (file: ProjectFile) => boolean;
  /** What to say where the project has no such file. */
  readonly none: string;
  readonly faults: (file: ProjectFile, stack: Stack) => Iterable<Omit<Fault, 'at'> & { readonly line?: number }>;
  /** Why nobody can tell whether a file without a fault is sound; undefined where it is. */
  readonly undetermined?: (file: ProjectFile, stack: Stack) => string | undefined;
  readonly sound: string;
}

/** Asks one question of every file that it is about; a project without such a file is not applicable. */
export const askEachFile = ({ about, none, faults, undetermined, sound }: FileQuestion) =>
  function* observe(stack: Stack): Generator<Observation> {
    const files = [...stack.files.values()].filter(about);
    if (files.length === 0) yield { outcome: 'not-applicable', resource: { type: 'project' }, message: none };
    for (const file of files) {
      const resource: Resource = { type: 'file', name: file.path };
      const at = { file: file.path, line: 1, column: 1 };
      const found = [...faults(file, stack)];
      for (const { line = 1, ...fault } of found) yield failure(resource, { ...fault, at: { ...at, line } });
      if (found.length > 0) continue;
      const doubt = undetermined?.(file, stack);
      yield doubt === undefined
        ? { outcome: 'pass', resource, message: sound, at }
        : { outcome: 'unknown', resource, message: doubt, at };
    }
  };

/** True for files whose text is a secret. */
export const isConfidential = ({ sensitivity }: ProjectFile): boolean =>
  sensitivity === 'private-key' || sensitivity === 'secret';

/** What a confidential file is called in a message. */
export const confidentialName = ({ sensitivity }: ProjectFile): string =>
  sensitivity === 'private-key' ? 'private key' : 'secret';
