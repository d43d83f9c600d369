export { type AssessInput, assess } from './assess/assess.ts';
export { exitCodeOf } from './assess/exit-code.ts';
export { reaches, severityRank } from './assess/severity.ts';
export { checklistItems } from './checklist.ts';
export { type CollectInput, type CollectedAnswer, collectEvidence, evidenceFrom } from './evidence.ts';
