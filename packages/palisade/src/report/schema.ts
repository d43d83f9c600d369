import { z } from 'zod';

const severity = z.enum(['critical', 'high', 'medium', 'low', 'info']);

const location = z.strictObject({
  file: z.string().describe('Path relative to the project directory; absolute outside of it'),
  line: z.int().min(1),
  column: z.int().min(1),
});

const resource = z.union([
  z.strictObject({ type: z.enum(['service', 'network', 'volume', 'secret', 'file']), name: z.string() }),
  z.strictObject({ type: z.literal('project') }),
]);

const suppression = z.strictObject({
  control: z.string(),
  resource: z.string(),
  reason: z.string(),
  owner: z.string(),
  expires: z.string().describe('ISO date, inclusive'),
  at: location,
});

const finding = z.strictObject({
  control: z.string().describe('Stable id of the control'),
  title: z.string(),
  severity,
  resource,
  outcome: z.enum(['pass', 'not-applicable', 'unknown', 'fail']),
  message: z.string(),
  at: location.optional(),
  source: z.enum(['static', 'live']).describe('Whether the files or the running service answered'),
  fix: z.string(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Stable over edits elsewhere; never made from a secret'),
  suppression: suppression.optional(),
  known: z.boolean().describe('True where the baseline already had it'),
  remediable: z.boolean().describe('True where palisade harden can clear it'),
});

const checklistAnswer = z.strictObject({
  item: z.string(),
  title: z.string(),
  state: z.enum(['pass', 'fail', 'manual', 'unknown']),
  because: z.string(),
  controls: z.array(z.string()),
});

const diagnostic = z.strictObject({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  next: z.string(),
  at: location,
});

/** The shape of `palisade assess --format json`, version 1. */
export const assessmentSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    project: z.strictObject({ name: z.string(), directory: z.string(), composeFiles: z.array(z.string()) }),
    assessedAt: z.iso.datetime(),
    mode: z.enum(['static', 'live']),
    findings: z.array(finding),
    checklist: z.array(checklistAnswer),
    diagnostics: z.array(diagnostic),
    services: z.array(z.strictObject({ name: z.string(), kind: z.string(), active: z.boolean() })),
    liveControlsNotRun: z.int().min(0),
    threshold: severity,
  })
  .describe('What palisade assess found');

/** The JSON Schema (draft 2020-12) that the package publishes as `schema/assessment.schema.json`. */
export const assessmentJsonSchema = (): object => ({
  $id: 'urn:palisade:assessment:1',
  ...z.toJSONSchema(assessmentSchema, { target: 'draft-2020-12' }),
});
