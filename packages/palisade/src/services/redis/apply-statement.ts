import type { SqlStatement } from '../../contracts/change.ts';
import type { StatementTools } from '../../contracts/service-kind.ts';
import { sha256 } from '../../support/files.ts';
import { type AccountLine, readAccounts } from './acl.ts';
import { error } from './errors.ts';
import { send } from './send.ts';

/** An account that exists for the moment in which the server shows how it writes rules; it is off. */
const scratch = 'palisade-scratch';

/** The accounts, and how the server writes the given rules. In one transaction, so that nothing is left of it. */
const accountsWith = async (
  rules: string,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<{ readonly accounts: readonly AccountLine[]; readonly written: string | undefined }> => {
  const shown = readAccounts(
    await send(
      ['MULTI', `ACL SETUSER ${scratch} reset ${rules}`, 'ACL LIST', `ACL DELUSER ${scratch}`, 'EXEC'],
      tools,
      signal,
    ),
  );
  return {
    accounts: shown.filter(({ name }) => name !== scratch),
    written: shown.find(({ name }) => name === scratch)?.rules,
  };
};

const applyAccount = async (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged'> => {
  const { account, rules, sha256: reference } = statement.parameters;
  if (
    typeof account !== 'string' ||
    typeof rules !== 'string' ||
    reference === undefined ||
    typeof reference === 'string'
  )
    throw error('redis/parameter-unresolved', { service: statement.service, parameter: 'of the account' });
  const secret = await tools.resolveSecret(reference);
  const { path, field } = reference.secret;
  if (secret === undefined || secret.reveal() === '')
    throw error('redis/parameter-unresolved', { service: statement.service, parameter: `${path}#${field}` });
  const hash = sha256(secret.reveal());
  const { accounts, written } = await accountsWith(rules, tools, signal);
  const present = accounts.find(({ name }) => name === account);
  if (present?.on === true && !present.noPassword && present.rules === written && present.hashes.join() === hash)
    return 'unchanged';
  await send([`ACL SETUSER ${account} reset on #${hash} ${rules}`, 'ACL SAVE'], tools, signal);
  return 'applied';
};

/** Ends accounts that nobody declared, with their connections. */
const deleteUndeclared = async (
  declared: readonly string[],
  tools: StatementTools,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged'> => {
  const undeclared = readAccounts(await send(['ACL LIST'], tools, signal)).filter(
    ({ name }) => !declared.includes(name),
  );
  if (undeclared.length === 0) return 'unchanged';
  await send(
    [`ACL DELUSER ${undeclared.map(({ name }) => JSON.stringify(name)).join(' ')}`, 'ACL SAVE'],
    tools,
    signal,
  );
  return 'applied';
};

/**
 * Carries out one of the kind's statements where it is still needed, and saves the list of accounts. The server gets the
 * hash of a password, through standard input alone. Throws `redis/client-failed`, `redis/parameter-unresolved`.
 */
export const applyStatement = (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged'> => {
  const { declared } = statement.parameters;
  return typeof declared === 'string'
    ? deleteUndeclared(declared.split(' '), tools, signal)
    : applyAccount(statement, tools, signal);
};
