import { existsSync, globSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { AnyControl } from '../contracts/control.ts';
import type { ServiceKind } from '../contracts/service-kind.ts';
import { messageOf } from '../support/errors.ts';

/** The source folder that controls, kinds and fixtures are found in. */
export const sourceDirectory = join(import.meta.dirname, '..');

/** One folder with a small project and the answer that a control has to give about it. */
export interface Fixture {
  /** `pass.loopback`, for the name of the test. */
  readonly name: string;
  readonly expected: 'pass' | 'fail';
  /** Absolute path. */
  readonly directory: string;
}

/** A module that does not load, so that one broken file fails one test and not all of them. */
export interface BrokenModule {
  /** Path below the source folder. */
  readonly path: string;
  readonly reason: string;
}

/** What was found on disk. */
export interface Discovery<T> {
  readonly found: readonly T[];
  readonly broken: readonly BrokenModule[];
}

/** A control with its fixtures. */
export interface FixedControl {
  readonly control: AnyControl;
  /** Path below the source folder. */
  readonly path: string;
  readonly fixtures: readonly Fixture[];
}

const exported = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  const module: unknown = await import(pathToFileURL(join(sourceDirectory, path)).href);
  return z.record(z.string(), z.unknown()).parse(module);
};

const isControl = (value: unknown): value is AnyControl =>
  typeof value === 'object' && value !== null && 'id' in value && ('static' in value || 'live' in value);

const isKind = (value: unknown): value is ServiceKind =>
  typeof value === 'object' && value !== null && 'matches' in value && typeof value.matches === 'function';

/** The folder of a control's fixtures: `fixtures/<slug>` of its area or its kind. */
const fixtureFolder = (path: string): string => {
  const folder = dirname(path);
  const area = basename(folder) === 'controls' ? dirname(folder) : folder;
  return join(sourceDirectory, area, 'fixtures', basename(path, '.ts'));
};

const fixturesIn = (folder: string): readonly Fixture[] =>
  !existsSync(folder)
    ? []
    : readdirSync(folder)
        .toSorted()
        .flatMap((name) => {
          const expected = /^(pass|fail)\./.exec(name)?.[1];
          return expected === 'pass' || expected === 'fail' ? [{ name, expected, directory: join(folder, name) }] : [];
        });

const discover = async <T>(
  patterns: readonly string[],
  read: (path: string) => Promise<T | undefined>,
): Promise<Discovery<T>> => {
  const found: T[] = [];
  const broken: BrokenModule[] = [];
  const paths = globSync(patterns, { cwd: sourceDirectory }).filter((path) => !path.endsWith('.test.ts'));
  for (const path of paths.toSorted())
    try {
      const value = await read(path);
      if (value !== undefined) found.push(value);
    } catch (error) {
      broken.push({ path, reason: messageOf(error) });
    }
  return { found, broken };
};

/** Every control on disk with its fixtures, in the order of their paths; `only` is how the path begins. */
export const discoverControls = (only = ''): Promise<Discovery<FixedControl>> =>
  discover(['controls/*/*.ts', 'services/*/controls/*.ts'], async (path) => {
    if (!path.startsWith(only)) return undefined;
    const { control } = await exported(path);
    return isControl(control) ? { control, path, fixtures: fixturesIn(fixtureFolder(path)) } : undefined;
  });

/** Every service kind on disk. */
export const discoverKinds = (): Promise<Discovery<ServiceKind>> =>
  discover(['services/*/index.ts'], async (path) => {
    const { kind } = await exported(path);
    return isKind(kind) ? kind : undefined;
  });
