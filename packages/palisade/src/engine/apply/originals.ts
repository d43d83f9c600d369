import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Plan } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { isFileSystemError, setMode, sha256, syncDirectory, writeFileAtomically } from '../../support/files.ts';
import { error } from '../errors.ts';
import { type FileState, imageOf } from './file-state.ts';
import type { FileMemory } from './records.ts';
import type { Site, WriteFile } from './site.ts';
import type { StatePaths } from './state-directory.ts';

/**
 * What one apply keeps, readable by its owner alone: its plan, and the contents of files before and after each step.
 */
export interface Originals {
  /** Keeps both contents, durably, and says what the journal has to remember. */
  readonly remember: (path: string, before: FileState, after: FileState, site: Site) => Promise<FileMemory>;
  /** A kept state. Throws `engine/originals-missing` where it is gone or another. */
  readonly recall: (memory: FileMemory, side: 'before' | 'after') => Promise<FileState>;
  readonly keepPlan: (plan: Plan) => Promise<void>;
  /** The plan of the apply. Throws `engine/originals-missing` where it is gone, or its digest is another. */
  readonly plan: (digest: string) => Promise<Plan>;
  /** Keeps a content that is about to be overwritten by force; resolves to where. */
  readonly keepEdited: (step: number, content: Buffer) => Promise<string>;
}

const isFile = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return false;
    throw thrown;
  }
};

const planShape = z.looseObject({ changes: z.array(z.looseObject({ change: z.unknown() })) });

const hasDigest = (value: unknown, digest: string): boolean => {
  const plan = planShape.safeParse(value);
  return plan.success && sha256(canonicalJson(plan.data.changes.map(({ change }) => change))) === digest;
};

/** Opens what an apply keeps, making its directory. */
export const openOriginals = async (
  { originals }: StatePaths,
  apply: string,
  write: WriteFile = writeFileAtomically,
): Promise<Originals> => {
  const directory = join(originals, apply);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await setMode(directory, 0o700);
  await syncDirectory(originals);
  const keep = (name: string, content: string | Buffer): Promise<void> =>
    write(join(directory, name), content, { mode: 0o600 }, join(directory, `${name}.partial`));

  const missing = (path: string, cause?: unknown) => error('engine/originals-missing', { apply, path }, cause);

  const keepState = async (file: FileState): Promise<void> => {
    if (file.state === 'absent') return;
    const name = sha256(file.content);
    // The steps of one file hand it on: what one leaves, the next one finds, and it is kept once.
    if (!(await isFile(join(directory, name)))) await keep(name, file.content);
  };
  return {
    remember: async (path, before, after, site) => {
      await keepState(before);
      await keepState(after);
      return {
        path,
        before: imageOf(before),
        after: imageOf(after),
        ...(before.state === 'file' && before.owner !== undefined ? { owner: before.owner } : {}),
        created: [...(await site.missingDirectories(path))],
      };
    },
    recall: async (memory, side) => {
      const image = memory[side];
      if (image.state === 'absent') return image;
      const content = await readFile(join(directory, image.sha256)).catch((cause: unknown) => {
        throw missing(memory.path, cause);
      });
      if (sha256(content) !== image.sha256) throw missing(memory.path);
      return {
        state: 'file',
        content,
        mode: image.mode,
        ...(memory.owner === undefined ? {} : { owner: memory.owner }),
      };
    },
    keepPlan: (plan) => keep('plan.json', JSON.stringify(plan)),
    plan: async (digest) => {
      const isOurs = z.custom<Plan>((value) => hasDigest(value, digest));
      try {
        return isOurs.parse(JSON.parse(await readFile(join(directory, 'plan.json'), 'utf8')));
      } catch (cause) {
        throw missing('the plan', cause);
      }
    },
    keepEdited: async (step, content) => {
      await keep(`${step}.edited`, content);
      return join(directory, `${step}.edited`);
    },
  };
};
