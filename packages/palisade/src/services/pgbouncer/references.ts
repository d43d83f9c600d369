import type { Reference } from '../../contracts/control.ts';

/** A setting of PgBouncer's manual. */
export const manual = (setting: string): Reference => ({
  source: 'PgBouncer configuration',
  section: setting,
  url: `https://www.pgbouncer.org/config.html#${setting}`,
});
