import type { Assessment, Finding } from '../contracts/finding.ts';

/** A finding as it leaves Palisade: without its edits, which belong to the plan. */
export interface FindingDocument extends Omit<Finding, 'remedy'> {
  /** True where `palisade harden` can clear it. */
  readonly remediable: boolean;
}

/** The assessment as it leaves Palisade; the published schema describes it. */
export interface AssessmentDocument extends Omit<Assessment, 'findings'> {
  readonly findings: readonly FindingDocument[];
}

/** The document of an assessment. */
export const toDocument = (assessment: Assessment): AssessmentDocument => ({
  ...assessment,
  findings: assessment.findings.map(({ remedy, ...finding }) => ({ ...finding, remediable: remedy.length > 0 })),
});
