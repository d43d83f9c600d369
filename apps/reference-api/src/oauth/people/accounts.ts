import { Secret } from '@palisade/vault/secret';
import * as z from 'zod';
import { OAuthError } from '../errors.ts';
import type { Query } from '../query.ts';
import { type Role, roleNames } from '../roles.ts';
import type { Attempts } from './attempts.ts';
import type { Passwords } from './password.ts';

/** Somebody who can log in; `id` is the subject of tokens and is never given to another. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

const account = z.object({ id: z.uuid(), name: z.string(), role: z.enum(roleNames) });
const withHash = account.extend({ password_hash: z.string() });

const longest = 256;

/** What came of a login. */
export type LoginAnswer =
  | { readonly kind: 'welcome'; readonly account: Account }
  | { readonly kind: 'refused' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** The people in the table `accounts`. */
export interface Accounts {
  /** Adds one. Throws OAuthError. */
  readonly add: (account: {
    readonly name: string;
    readonly password: Secret;
    readonly role: Role;
  }) => Promise<Account>;
  readonly find: (id: string) => Promise<Account | undefined>;
  /** Says who it is. The limit of the account comes before the hash, and an unknown name costs the same hash. */
  readonly logIn: (name: string, password: Secret) => Promise<LoginAnswer>;
}

/** The accounts of a database. */
export const accountsOf = (database: Query, passwords: Passwords, attempts: Attempts): Accounts => ({
  add: async ({ name, password, role }) => {
    if (!/^[\p{L}\p{N}._@+-]{1,100}$/u.test(name))
      throw new OAuthError('oauth/account-invalid', 'a name has 1 to 100 letters, digits or . _ @ + -');
    if (!roleNames.includes(role)) throw new OAuthError('oauth/account-invalid', `a role is ${roleNames.join(', ')}`);
    const { length } = password.reveal();
    if (length < 12 || length > longest)
      throw new OAuthError('oauth/account-invalid', `a password has 12 to ${longest} characters`);
    const rows = await database.query(
      `INSERT INTO accounts (name, password_hash, role) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING
       RETURNING id, name, role`,
      [name, await passwords.hash(password), role],
    );
    const added = z.array(account).parse(rows)[0];
    if (added === undefined) throw new OAuthError('oauth/account-taken', 'an account of this name exists already');
    return added;
  },
  find: async (id) => {
    if (!z.uuid().safeParse(id).success) return undefined;
    return z.array(account).parse(await database.query('SELECT id, name, role FROM accounts WHERE id = $1', [id]))[0];
  },
  logIn: async (name, password) => {
    const attempt = await attempts.take(name);
    if (!attempt.allowed) return { kind: 'wait', seconds: attempt.wait };
    const asked = [name.includes('\0') ? '' : name];
    const rows = await database.query('SELECT id, name, role, password_hash FROM accounts WHERE name = $1', asked);
    const known = z.array(withHash).parse(rows)[0];
    // A longer password is nobody's, and is cut so that its length costs nothing.
    const typed = password.reveal();
    const fits = typed.length <= longest;
    const matches = await passwords.matches(
      fits ? password : new Secret(typed.slice(0, longest)),
      known?.password_hash,
    );
    if (!matches || !fits || known === undefined) return { kind: 'refused' };
    await attempts.clear(name);
    return { kind: 'welcome', account: { id: known.id, name: known.name, role: known.role } };
  },
});
