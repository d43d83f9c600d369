import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tools/setup/requirements.ts';

/**
 * Builds the packages and lays the command out in a directory as users have it: `bin` and `dist`, no sources, so that it
 * runs what was built, with its compile cache. Returns the path of the command.
 */
export const publishedCommand = (directory: string): string => {
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8', timeout: 120_000 });
  if (build.status !== 0) throw new Error(`the build failed:\n${build.stdout}${build.stderr}`);
  const palisade = join(root, 'packages', 'palisade');
  const command = join(directory, 'bin', 'palisade.js');
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  copyFileSync(join(palisade, 'bin', 'palisade.js'), command);
  symlinkSync(join(palisade, 'dist'), join(directory, 'dist'));
  return command;
};
