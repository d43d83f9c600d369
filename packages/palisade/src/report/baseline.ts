import { z } from 'zod';

const report = z.object({
  schemaVersion: z.literal(1),
  findings: z.array(z.object({ outcome: z.string(), fingerprint: z.string() })),
});

/**
 * The fingerprints of the failing findings of a JSON report.
 *
 * @throws Error where the value is no such report
 */
export const parseFingerprints = (value: unknown): readonly string[] => {
  const parsed = report.safeParse(value);
  if (!parsed.success) throw new Error('it is not a JSON report of palisade assess, version 1');
  return parsed.data.findings.filter(({ outcome }) => outcome === 'fail').map(({ fingerprint }) => fingerprint);
};
