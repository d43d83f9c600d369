import type { Reference } from '../../contracts/control.ts';

/** A page of the documentation of Redis, below `operate/oss_and_stack/management`. */
export const documentation = (page: string): Reference => ({
  source: 'Redis documentation',
  url: `https://redis.io/docs/latest/operate/oss_and_stack/management/${page}/`,
});
