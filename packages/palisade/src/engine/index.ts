export { type AssessInput, assess } from './assess/assess.ts';
export { exitCodeOf } from './assess/exit-code.ts';
export { reaches, severityRank } from './assess/severity.ts';
export { checklistItems } from './checklist.ts';
export { type CollectInput, type CollectedAnswer, collectEvidence, evidenceFrom } from './evidence.ts';
export { definitions as engineErrors } from './errors.ts';
export { type FileVersions, unifiedDiff } from './diff/unified.ts';
export { type PlanOptions, type Request, answerName, makePlan, targetOf } from './plan/make-plan.ts';
export { type ApplyComposeEdit, type ReadText, preview } from './plan/preview.ts';
