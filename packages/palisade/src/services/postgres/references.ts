import type { Reference } from '../../contracts/control.ts';

/** An item of the CIS PostgreSQL 18 Benchmark v1.0.0, whose numbers were read in its table of contents. */
export const cisPostgres = (section: string): Reference => ({ source: 'CIS PostgreSQL 18 Benchmark v1.0.0', section });

/** A chapter of PostgreSQL's documentation. */
export const documentation = (page: string): Reference => ({
  source: 'PostgreSQL documentation',
  url: `https://www.postgresql.org/docs/current/${page}.html`,
});

/** The official image's description. */
export const officialImage: Reference = {
  source: 'Docker official image postgres',
  url: 'https://hub.docker.com/_/postgres',
};
