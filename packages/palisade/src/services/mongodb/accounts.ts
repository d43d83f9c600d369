import { type Document, isDocument, isList, type Value } from './wire/bson.ts';

/** An account as `usersInfo` shows it. What is kept of its password stays with its holder. */
export interface Account {
  readonly name: string;
  readonly database: string;
  /** `role@database`, sorted. */
  readonly roles: readonly string[];
  readonly scram?: { readonly salt: string; readonly iterations: number; readonly storedKey: string };
}

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

const scramOf = (credentials: Value | undefined): Account['scram'] => {
  const found = isDocument(credentials) ? credentials['SCRAM-SHA-256'] : undefined;
  if (!isDocument(found)) return undefined;
  const { iterationCount, salt, storedKey } = found;
  return typeof iterationCount === 'number'
    ? { iterations: iterationCount, salt: text(salt), storedKey: text(storedKey) }
    : undefined;
};

/** Reads the answer of `usersInfo`. */
export const readAccounts = (answer: Document): readonly Account[] => {
  const { users } = answer;
  return (isList(users) ? users : []).flatMap((each) => {
    if (!isDocument(each)) return [];
    const { user, db, roles, credentials } = each;
    const scram = scramOf(credentials);
    return [
      {
        name: text(user),
        database: text(db),
        roles: (isList(roles) ? roles : [])
          .flatMap((role) => (isDocument(role) ? `${text(role['role'])}@${text(role['db'])}` : []))
          .toSorted(),
        ...(scram === undefined ? {} : { scram }),
      },
    ];
  });
};
