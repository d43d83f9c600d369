import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const workspace = join(import.meta.dirname, '..', '..', '..');

/**
 * A fresh copy of the workspace, in which the bundled stack runs, in a directory that other accounts may not enter, as
 * `mktemp -d` makes it. Who takes it removes the directory around it.
 */
export const copyWorkspace = (): string => {
  const root = join(mkdtempSync(join(tmpdir(), 'palisade-demo-')), 'fresh');
  const left = new Set(['node_modules', '.git', '.cache', 'dist', '.palisade']);
  cpSync(workspace, root, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) =>
      path !== join(workspace, 'hardened') && (path === workspace || !left.has(path.slice(path.lastIndexOf('/') + 1))),
  });
  // Packages and tools as hard links, so that the copy has the layout of an installed clone at no cost.
  // Of what is cached only the tools: an engine that runs there has its images beside them.
  mkdirSync(join(root, '.cache'));
  for (const shared of [
    'node_modules',
    join('.cache', 'tools'),
    ...globSync('{packages,apps}/*/node_modules', { cwd: workspace }),
  ]) {
    if (!existsSync(join(workspace, shared))) continue;
    const link = spawnSync('cp', ['-al', join(workspace, shared), join(root, shared)], { timeout: 120_000 });
    if (link.status !== 0)
      cpSync(join(workspace, shared), join(root, shared), { recursive: true, verbatimSymlinks: true });
  }
  return root;
};

/** Command lines of processes that name a directory, this one aside. */
export const processesOf = (root: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(root) ? [line] : [];
      } catch {
        return [];
      }
    });
