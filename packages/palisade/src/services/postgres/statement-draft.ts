import type { SqlStatement } from '../../contracts/change.ts';

/** A statement before it is known for which service it is. */
export type Draft = Pick<SqlStatement, 'database' | 'statement' | 'parameters'> & { readonly query: string };

/** A statement, and the query that answers true where it has nothing left to do. */
export const draft = (
  database: string,
  statement: string,
  query: string,
  parameters: SqlStatement['parameters'] = {},
): Draft => ({ database, statement, query, parameters });
