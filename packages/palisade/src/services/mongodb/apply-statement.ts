import type { SqlStatement } from '../../contracts/change.ts';
import type { StatementTools } from '../../contracts/service-kind.ts';
import { readAccounts } from './accounts.ts';
import { administerOne, isFerretDb } from './administer.ts';
import { error } from './errors.ts';
import type { Document } from './wire/bson.ts';
import { isStoredKeyOf } from './wire/scram.ts';

type Send = (database: string, command: Document) => Promise<Document>;

const applyAccount = async (
  statement: SqlStatement,
  tools: StatementTools,
  send: Send,
): Promise<'applied' | 'unchanged'> => {
  const { account, role, password: reference } = statement.parameters;
  const { database, service } = statement;
  if (typeof account !== 'string' || typeof role !== 'string' || typeof reference !== 'object')
    throw error('mongodb/parameter-unresolved', { service, parameter: 'of the account' });
  const password = (await tools.resolveSecret(reference))?.reveal() ?? '';
  const { path, field } = reference.secret;
  if (password === '') throw error('mongodb/parameter-unresolved', { service, parameter: `${path}#${field}` });
  // FerretDB has no roles, and takes an account that is to have one for a mistake.
  const roles = isFerretDb(await send('admin', { buildInfo: 1 })) ? [] : [{ role, db: database }];
  const [present] = readAccounts(
    await send(database, { usersInfo: { user: account, db: database }, showCredentials: true }),
  );
  const wanted = { pwd: password, roles, mechanisms: ['SCRAM-SHA-256'] };
  if (present === undefined) {
    await send(database, { createUser: account, ...wanted });
    return 'applied';
  }
  const knowsPassword = present.scram !== undefined && isStoredKeyOf(password, present.scram);
  const hasRoles = present.roles.join() === roles.map((each) => `${each.role}@${each.db}`).join();
  if (knowsPassword && hasRoles) return 'unchanged';
  await send(database, { updateUser: account, ...wanted });
  return 'applied';
};

/** Ends accounts that nobody declared, the one of the first start among them. */
const dropUndeclared = async (declared: readonly string[], send: Send): Promise<'applied' | 'unchanged'> => {
  const undeclared = readAccounts(await send('admin', { usersInfo: { forAllDBs: true } })).filter(
    ({ name, database }) => !declared.includes(`${database}.${name}`),
  );
  for (const { name, database } of undeclared) await send(database, { dropUser: name });
  return undeclared.length === 0 ? 'unchanged' : 'applied';
};

/**
 * Carries out one of the kind's statements where it is still needed. A password goes to the server through standard input
 * of the client alone. Throws `mongodb/command-failed`, `mongodb/parameter-unresolved`.
 */
export const applyStatement = (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged'> => {
  const { declared, port } = statement.parameters;
  const send: Send = (database, command) =>
    administerOne(tools.exec, tools.service, Number(port), { database, command }, signal);
  return typeof declared === 'string'
    ? dropUndeclared(declared.split(' '), send)
    : applyAccount(statement, tools, send);
};
