import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Stack } from '../../contracts/stack.ts';
import { writeFileAtomically } from '../../support/files.ts';

const record = z.object({
  version: z.literal(1),
  files: z.array(z.string()).optional(),
  profiles: z.array(z.string()).optional(),
  overrides: z.array(z.string()).optional(),
});

/** Which Compose files and profiles a project is run with. */
export interface ComposeSelection {
  /** Compose files as the command line named them; the standard ones where absent. */
  readonly files?: readonly string[] | undefined;
  readonly profiles?: readonly string[] | undefined;
  /** Files that go on top of those, for example to publish other ports than the project asks for. */
  readonly overrides?: readonly string[] | undefined;
}

const fileIn = (directory: string): string => join(directory, 'compose.json');

/** What a project was last started with on an engine; undefined where it never was. */
export const readSelection = (directory: string): ComposeSelection | undefined => {
  const file = fileIn(directory);
  if (!existsSync(file)) return undefined;
  const { files, profiles, overrides } = record.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { files, profiles, overrides };
};

/** Remembers what a project is started with, so that every later command finds the same containers. */
export const writeSelection = async (directory: string, selection: ComposeSelection): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await writeFileAtomically(fileIn(directory), `${JSON.stringify({ version: 1, ...selection }, null, 2)}\n`, {
    mode: 0o600,
  });
};

/** The options of Compose that name the project, its files and profiles. Without files Compose finds the standard ones. */
export const projectArguments = (
  stack: Stack,
  { files, profiles, overrides = [] }: ComposeSelection,
): readonly string[] => {
  const base = files ?? (overrides.length === 0 ? [] : stack.composeFiles);
  return [
    '--ansi',
    'never',
    '--project-name',
    stack.name,
    '--project-directory',
    stack.directory,
    ...[...base, ...overrides].flatMap((file) => ['--file', resolve(stack.directory, file)]),
    ...(profiles ?? []).flatMap((profile) => ['--profile', profile]),
  ];
};
