// `npm run build`: what is published. Declarations come from the compiler; the code of the command and of the library is put into few
// files, because loading some 450 modules one by one costs more processor time than assessing a large stack.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup/requirements.ts';

const palisade = join(root, 'packages', 'palisade');

for (const name of ['vault', 'audit', 'fastify-guard', 'palisade'])
  for (const path of ['dist', 'tsconfig.build.tsbuildinfo'])
    rmSync(join(root, 'packages', name, path), { recursive: true, force: true });

const compiler = spawnSync(
  join(root, 'node_modules', '.bin', 'tsc'),
  [
    '-b',
    'packages/vault/tsconfig.build.json',
    'packages/audit/tsconfig.build.json',
    'packages/fastify-guard/tsconfig.build.json',
    'packages/palisade/tsconfig.build.json',
  ],
  { cwd: root, stdio: 'inherit', timeout: 120_000 },
);
if (compiler.status !== 0) process.exit(compiler.status ?? 1);

await build({
  absWorkingDir: palisade,
  entryPoints: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  // What is imported when it is first called stays apart, so that assessing files loads no code for servers.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  packages: 'external',
  logLevel: 'warning',
});
