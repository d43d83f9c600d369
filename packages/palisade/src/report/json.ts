import type { Assessment } from '../contracts/finding.ts';
import { toDocument } from './document.ts';

/** The assessment as JSON; `schema/assessment.schema.json` of the package describes it. */
export const renderJson = (assessment: Assessment): string => `${JSON.stringify(toDocument(assessment), null, 2)}\n`;
