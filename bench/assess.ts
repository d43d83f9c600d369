import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '../tools/setup/requirements.ts';
import { cpuSeconds } from './cpu-time.ts';
import { largeProject } from './large-project.ts';
import { publishedCommand } from './published.ts';

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(0).padStart(6)} ms`;

/**
 * Processor time of `palisade assess` on a large Compose file, against the bare floor (`node -e 0`) and a linter that
 * reads the same file (dclint). What users run, the build, is what counts; the sources are shown beside it. A directory of one's own can be given instead of the generated one.
 */
export const benchAssess = (directory?: string): string => {
  const scratch = mkdtempSync(join(tmpdir(), 'palisade-bench-'));
  const project = directory === undefined ? join(scratch, 'project') : resolve(directory);
  try {
    if (directory === undefined) {
      mkdirSync(project);
      writeFileSync(join(project, 'docker-compose.yml'), largeProject(1554));
    }
    const node = process.execPath;
    const samples = 5;
    const floor = cpuSeconds([node, '-e', '0'], samples);
    const assessBy = (command: string): number =>
      cpuSeconds([node, command, 'assess', project, '--format', 'json'], samples);
    const assess = assessBy(publishedCommand(join(scratch, 'published')));
    const fromSource = assessBy(join(root, 'packages', 'palisade', 'bin', 'palisade.js'));
    const linter = cpuSeconds([node, join(root, 'node_modules', 'dclint', 'bin', 'dclint.cjs'), project], samples);
    return [
      `assess: processor time, median of ${samples} samples of three runs, ${directory ?? 'a generated file of 1,554 lines'}`,
      `  node -e 0           ${milliseconds(floor)}`,
      `  palisade assess     ${milliseconds(assess)}   ${milliseconds(assess - floor)} beyond the floor`,
      `    from source       ${milliseconds(fromSource)}   ${milliseconds(fromSource - floor)} beyond the floor`,
      `  dclint 3.1.0        ${milliseconds(linter)}   ${milliseconds(linter - floor)} beyond the floor`,
      `  ratio palisade/dclint beyond the floor: ${((assess - floor) / (linter - floor)).toFixed(2)}`,
      '',
    ].join('\n');
  } finally {
    rmSync(scratch, { recursive: true });
  }
};
