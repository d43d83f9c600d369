import { existsSync, lstatSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';

const names = z.record(z.string(), z.unknown()).default({});

const manifestSchema = z.object({
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});

/** Names of the packages that a package may import when it runs; none where its manifest is broken, which Node.js says best. */
const dependenciesOf = (directory: string): readonly string[] => {
  try {
    const content: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const { dependencies, optionalDependencies, peerDependencies } = manifestSchema.parse(content);
    return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  } catch {
    return [];
  }
};

/** Where Node.js finds a package from a directory: in the nearest `node_modules` above; undefined where there is none. */
const resolve = (name: string, from: string): string | undefined => {
  const path = join(from, 'node_modules', name);
  if (basename(from) !== 'node_modules' && existsSync(join(path, 'package.json'))) return path;
  return dirname(from) === from ? undefined : resolve(name, dirname(from));
};

/**
 * What Node.js reads when it runs a package: its files, and those of its production dependencies, resolved as Node.js does
 * (https://nodejs.org/api/modules.html#loading-from-node_modules-folders). A workspace's package is there twice: as the
 * symbolic link that leads to it, and as what it leads to. Dependencies that are not installed are left to Node.js.
 *
 * @param directory the package to run
 * @returns absolute paths of files, directories and links
 */
export const filesToRun = (directory: string): readonly string[] => {
  const packages = new Set([realpathSync(directory)]);
  const links = new Set<string>();
  // The set grows while it is gone through.
  for (const from of packages)
    for (const name of dependenciesOf(from)) {
      const found = resolve(name, from);
      if (found === undefined) continue;
      if (lstatSync(found).isSymbolicLink()) links.add(found);
      packages.add(realpathSync(found));
    }
  const files = [...packages].flatMap((path) =>
    readdirSync(path)
      .filter((name) => name !== 'node_modules')
      .map((name) => join(path, name)),
  );
  return [...links, ...files];
};
