import type { Reference } from '../../contracts/control.ts';

/** A page of the MongoDB manual, below `docs/manual`. */
export const manual = (page: string): Reference => ({
  source: 'MongoDB manual',
  url: `https://www.mongodb.com/docs/manual/${page}/`,
});

/** The list of what to do before production. */
export const securityChecklist: Reference = manual('administration/security-checklist');

/** The official image's description. */
export const officialImage: Reference = {
  source: 'Docker official image mongo',
  url: 'https://hub.docker.com/_/mongo',
};
