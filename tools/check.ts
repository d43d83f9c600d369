// `npm run check`: everything that is checked without running a server. Prints one line a check, and a failing check's output.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/requirements.ts';

const node = process.execPath;
const binary = (name: string): string => join(root, 'node_modules', '.bin', name);
const packages = ['packages/vault', 'packages/audit', 'packages/fastify-guard', 'packages/palisade'];

const checks: readonly { readonly name: string; readonly command: readonly [string, ...string[]] }[] = [
  { name: 'types', command: [binary('tsc'), '-p', 'tsconfig.json'] },
  { name: 'lint', command: [binary('oxlint'), '--deny-warnings'] },
  { name: 'format', command: [binary('oxfmt'), '--check', '.'] },
  { name: 'generated files', command: [node, '--conditions=palisade-source', 'tools/gen/main.ts', '--check'] },
  { name: 'unused code and dependencies', command: [binary('knip')] },
  { name: 'build', command: [node, 'tools/build.ts'] },
  ...packages.flatMap((path) => [
    { name: `publint ${path}`, command: [binary('publint'), '--strict', path] as const },
    {
      name: `types of the package ${path}`,
      command: [binary('attw'), '--pack', path, '--profile', 'esm-only'] as const,
    },
  ]),
];

let failed = 0;
for (const { name, command } of checks) {
  const [program, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8', timeout: 300_000 });
  const ok = status === 0;
  if (!ok) failed++;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (!ok) process.stdout.write(`${error?.message ?? ''}${stdout}${stderr}\n`);
}
process.exit(failed === 0 ? 0 : 1);
