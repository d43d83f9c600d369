import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
      link: z.boolean().optional(),
      resolved: z.string().optional(),
    }),
  ),
});

/** Path of the Node.js that the workspace brings; undefined where there is none for this machine. */
export const nodeBinary = (workspace: string): string | undefined =>
  [`node-linux-${process.arch}`]
    .map((name) => join(workspace, 'node_modules', name, 'bin', 'node'))
    .find((path) => existsSync(path));

/**
 * What goes into the stand-in of the reference API: the packaged Node.js, the sources of the service and of the packages of
 * the workspace that it imports, and of node_modules what the lock file says that these need to run.
 */
export const referenceApiFiles = (workspace: string): Readonly<Record<string, string>> | undefined => {
  const node = nodeBinary(workspace);
  if (node === undefined) return undefined;
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(workspace, 'package-lock.json'), 'utf8')));
  const files: Record<string, string> = { node };
  const seen = new Set<string>();
  /** Finds a package as Node.js does: beside the importer first, then further up. */
  const find = (importer: string, name: string): string | undefined => {
    for (let directory = importer; ; directory = directory.slice(0, Math.max(0, directory.lastIndexOf('/')))) {
      const path = `${directory === '' ? '' : `${directory}/`}node_modules/${name}`;
      if (packages[path] !== undefined) return path;
      if (directory === '') return undefined;
    }
  };
  const take = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const entry = packages[path];
    if (entry === undefined) return;
    // A package of the workspace: node_modules holds a link to it.
    if (entry.link === true && entry.resolved !== undefined) {
      files[`app/${path}`] = join(workspace, path);
      take(entry.resolved);
      return;
    }
    if (path.includes('node_modules/')) files[`app/${path}`] = join(workspace, path);
    else
      for (const part of ['package.json', 'src'])
        if (existsSync(join(workspace, path, part))) files[`app/${path}/${part}`] = join(workspace, path, part);
    for (const name of Object.keys(entry.dependencies ?? {})) {
      const found = find(path, name);
      if (found !== undefined) take(found);
    }
    // Native parts: of the many platforms that a package names, the one that is installed here.
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const found = find(path, name);
      if (found !== undefined && existsSync(join(workspace, found))) take(found);
    }
  };
  take('apps/reference-api');
  return files;
};
