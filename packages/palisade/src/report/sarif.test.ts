import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { exampleAssessment } from './example.test-data.ts';
import { renderSarif } from './sarif.ts';

const sarif = z.object({
  runs: z.array(
    z.object({
      results: z.array(
        z.object({
          ruleId: z.string().optional(),
          kind: z.string().optional(),
          level: z.string().optional(),
          suppressions: z.array(z.unknown()).optional(),
          baselineState: z.string().optional(),
          partialFingerprints: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  ),
});

const results = (): z.infer<typeof sarif>['runs'][number]['results'] =>
  sarif.parse(JSON.parse(renderSarif(exampleAssessment()))).runs[0]?.results ?? [];

/** Microsoft's validator, whose npm package carries its program for the platform. */
const multitool = (): string => {
  const require = createRequire(import.meta.url);
  const program = join(dirname(require.resolve('@microsoft/sarif-multitool-linux/package.json')), 'Sarif.Multitool');
  // Its installation sets the run bit in a script, which this workspace does not run.
  if (existsSync(program)) chmodSync(program, 0o755);
  return program;
};

test('SARIF passes the rules of the multitool', () => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-sarif-'));
  try {
    const [input, output] = [join(directory, 'in.sarif'), join(directory, 'out.sarif')];
    writeFileSync(input, renderSarif(exampleAssessment()));
    const { status, stdout, stderr } = spawnSync(multitool(), ['validate', input, '--output', output], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 0, stdout + stderr);
    assert.deepEqual(sarif.parse(JSON.parse(readFileSync(output, 'utf8').replace(/^\ufeff/, ''))).runs[0]?.results, []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the multitool finds a fault in a broken log, so that its silence means something', () => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-sarif-'));
  try {
    const [input, output] = [join(directory, 'in.sarif'), join(directory, 'out.sarif')];
    writeFileSync(input, renderSarif(exampleAssessment()).replaceAll('"ruleIndex": 0', '"ruleIndex": 99'));
    spawnSync(multitool(), ['validate', input, '--output', output], { timeout: 60_000 });
    assert.notDeepEqual(
      sarif.parse(JSON.parse(readFileSync(output, 'utf8').replace(/^\ufeff/, ''))).runs[0]?.results,
      [],
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('SARIF gives an unknown the kind open', () => {
  const unknown = results().find(({ ruleId }) => ruleId === 'vault/audit');
  assert.deepEqual([unknown?.kind, unknown?.level], ['open', 'none']);
});

test('SARIF carries suppressions and the baseline', () => {
  assert.equal(results().find(({ ruleId }) => ruleId === 'files/mode')?.suppressions?.length, 1);
  assert.equal(results().find(({ ruleId }) => ruleId === 'supply/pinned')?.baselineState, 'unchanged');
  assert.equal(results().find(({ ruleId }) => ruleId === 'postgres/trust')?.baselineState, 'new');
});
