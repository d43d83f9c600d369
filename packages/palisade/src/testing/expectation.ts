import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Answer, Evidence, EvidenceName } from '../contracts/evidence.ts';

/** Files of a fixture that steer its test and are no part of its project; `fixed` holds files after the remedy. */
export const steeringNames: readonly string[] = [
  'evidence.json',
  'expected.json',
  'modes.json',
  'tracked.json',
  'fixed',
];

const expectedSchema = z.strictObject({
  /** Names of the resources that have to fail; for live fixtures. */
  fail: z.array(z.string()).default([]),
  /** Names of the resources of which nothing is known. */
  unknown: z.array(z.string()).default([]),
  /** `file:line` of findings on lines that cannot hold the comment `# finding`. */
  at: z.array(z.string()).default([]),
});

const evidenceSchema = z.record(
  z.string(),
  z.record(
    z.string(),
    z.union([
      z.strictObject({ known: z.literal(true), value: z.custom<never>((value) => value !== undefined) }),
      z.strictObject({ known: z.literal(false), why: z.string() }),
    ]),
  ),
);

/** What `expected.json` says; nothing where it is absent. */
export type Expected = z.output<typeof expectedSchema>;

const readJson = (path: string): unknown => {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return parsed;
};

/** Reads `expected.json`. */
export const readExpected = (directory: string): Expected => {
  const path = join(directory, 'expected.json');
  return expectedSchema.parse(existsSync(path) ? readJson(path) : {});
};

/** Permission bits by path, from `modes.json`: git keeps none but 0644 and 0755. */
export const readModes = (directory: string): ReadonlyMap<string, number> => {
  const path = join(directory, 'modes.json');
  if (!existsSync(path)) return new Map();
  const modes = z.record(z.string(), z.string().regex(/^0[0-7]{3}$/)).parse(readJson(path));
  return new Map(Object.entries(modes).map(([name, mode]) => [name, Number.parseInt(mode, 8)]));
};

/** Paths that a git repository of the project tracks, from `tracked.json`; undefined where there is no repository. */
export const readTracked = (directory: string): readonly string[] | undefined => {
  const path = join(directory, 'tracked.json');
  return existsSync(path) ? z.array(z.string()).parse(readJson(path)) : undefined;
};

/** Evidence from `evidence.json`; undefined for a fixture of the files alone. */
export const readEvidence = (directory: string): Evidence<EvidenceName> | undefined => {
  const path = join(directory, 'evidence.json');
  if (!existsSync(path)) return undefined;
  const evidence = evidenceSchema.parse(readJson(path));
  return { of: (name) => new Map<string, Answer<never>>(Object.entries(evidence[name] ?? {})) };
};

/** Every file of the fixture's project, relative. */
export const projectFiles = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => !steeringNames.includes(path.split('/', 1)[0] ?? path))
    .toSorted();

/** `file:line` of every line that ends in the comment `# finding`, and what `expected.json` adds. */
export const expectedLines = (directory: string): readonly string[] => {
  const marked = projectFiles(directory).flatMap((file) =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (/# finding\s*$/.test(line) ? [`${file}:${index + 1}`] : [])),
  );
  return [...new Set([...marked, ...readExpected(directory).at])].toSorted();
};
