import { globSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyControl } from '../../packages/palisade/src/contracts/control.ts';
import type { ServiceKind } from '../../packages/palisade/src/contracts/service-kind.ts';
import type { ErrorDefinition } from '../../packages/palisade/src/support/errors.ts';
import { root } from '../setup/requirements.ts';

/** The source folder of the library. */
export const source = join(root, 'packages', 'palisade', 'src');

/** A module found on disk: its path relative to the source folder, and what it exports. */
export interface Found<T> {
  readonly path: string;
  readonly value: T;
}

const files = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: source })
    .filter((path) => !path.endsWith('.test.ts'))
    .toSorted();

const load = async (path: string): Promise<ReadonlyMap<string, unknown>> => {
  const module: unknown = await import(pathToFileURL(join(source, path)).href);
  return new Map(typeof module === 'object' && module !== null ? Object.entries(module) : []);
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const severities: readonly unknown[] = ['critical', 'high', 'medium', 'low', 'info'];

/** True for a control whose id is the path of its file, so that a reader finds the one from the other. */
const isControl = (value: unknown, path: string): value is AnyControl =>
  isRecord(value) &&
  value['id'] ===
    path
      .replace(/^(?:services|controls)\//, '')
      .replace('/controls/', '/')
      .replace(/\.ts$/, '') &&
  severities.includes(value['severity']) &&
  ['title', 'rationale', 'fix'].every((key) => typeof value[key] === 'string' && value[key] !== '') &&
  Array.isArray(value['references']) &&
  (value['static'] !== undefined || value['live'] !== undefined);

const isKind = (value: unknown, path: string): value is ServiceKind =>
  isRecord(value) && value['id'] === kindFolder(path) && typeof value['matches'] === 'function';

const isDefinition = (value: unknown): value is ErrorDefinition<never> =>
  isRecord(value) && typeof value['summary'] === 'string' && (value['exit'] === 2 || value['exit'] === 3);

const malformed = (path: string, what: string): Error => new Error(`${path} does not export a well-formed ${what}`);

/** Every control on disk, by path. A control's file exports it as `control`; a file that exports none is not one. */
export const discoverControls = async (): Promise<readonly Found<AnyControl>[]> => {
  const found: Found<AnyControl>[] = [];
  for (const path of [...files('controls/*/*.ts'), ...files('services/*/controls/*.ts')]) {
    const value = (await load(path)).get('control');
    if (value === undefined) continue;
    if (!isControl(value, path)) throw malformed(path, 'control (its id has to be its path, and no text may be empty)');
    found.push({ path, value });
  }
  return found;
};

/** Every service kind on disk. A kind's `index.ts` exports it as `kind`. */
export const discoverKinds = async (): Promise<readonly Found<ServiceKind>[]> => {
  const found: Found<ServiceKind>[] = [];
  for (const path of files('services/*/index.ts')) {
    const value = (await load(path)).get('kind');
    if (!isKind(value, path)) throw malformed(path, 'service kind (its id has to be the name of its folder)');
    found.push({ path, value });
  }
  return found;
};

/** Every error definition on disk, by code. */
export const discoverErrors = async (): Promise<ReadonlyMap<string, ErrorDefinition<never>>> => {
  const found = new Map<string, ErrorDefinition<never>>();
  for (const path of files('**/errors.ts')) {
    if (path === join('support', 'errors.ts')) continue;
    const definitions = (await load(path)).get('definitions');
    if (!isRecord(definitions)) throw malformed(path, '`definitions`');
    for (const [code, definition] of Object.entries(definitions)) {
      if (!isDefinition(definition) || found.has(code)) throw malformed(path, `error ${code}, or its code is taken`);
      found.set(code, definition);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

/** The name of a kind's folder. */
export const kindFolder = (path: string): string => basename(join(source, path, '..'));

/** A path relative to the workspace, for messages. */
export const shown = (path: string): string => relative(root, path);
