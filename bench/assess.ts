import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '../tools/setup/requirements.ts';
import { cpuSeconds } from './cpu-time.ts';
import { largeProject } from './large-project.ts';

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(0).padStart(6)} ms`;

/**
 * Processor time of `palisade assess` on a large Compose file, against the bare floor (`node -e 0`) and a linter that
 * reads the same file (dclint). A directory of one's own can be given instead of the generated one.
 */
export const benchAssess = (directory?: string): string => {
  const made = directory === undefined ? mkdtempSync(join(tmpdir(), 'palisade-bench-')) : undefined;
  const project = made ?? resolve(directory ?? '.');
  try {
    if (made !== undefined) writeFileSync(join(made, 'docker-compose.yml'), largeProject(1554));
    const node = process.execPath;
    const runs = 10;
    const floor = cpuSeconds([node, '-e', '0'], runs);
    const assess = cpuSeconds(
      [node, join(root, 'packages', 'palisade', 'bin', 'palisade.js'), 'assess', project, '--format', 'json'],
      runs,
    );
    const linter = cpuSeconds([node, join(root, 'node_modules', 'dclint', 'bin', 'dclint.cjs'), project], runs);
    return [
      `assess: processor time, mean of ${runs} runs, ${directory ?? 'a generated file of 1,554 lines'}`,
      `  node -e 0           ${milliseconds(floor)}`,
      `  palisade assess     ${milliseconds(assess)}   ${milliseconds(assess - floor)} beyond the floor`,
      `  dclint 3.1.0        ${milliseconds(linter)}   ${milliseconds(linter - floor)} beyond the floor`,
      `  ratio palisade/dclint beyond the floor: ${((assess - floor) / (linter - floor)).toFixed(2)}`,
      '',
    ].join('\n');
  } finally {
    if (made !== undefined) rmSync(made, { recursive: true });
  }
};
