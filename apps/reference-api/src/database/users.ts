import * as z from 'zod';
import type { Database } from './database.ts';

const userRow = z
  .object({ id: z.coerce.number(), name: z.string(), email: z.string(), created_at: z.date() })
  .transform(({ id, name, email, created_at }) => ({ id, name, email, createdAt: created_at.toISOString() }));

/** A person of the sample data. */
export type User = z.output<typeof userRow>;

/** What is needed to add one. */
export interface NewUser {
  readonly name: string;
  readonly email: string;
}

/** The table `users`. */
export interface Users {
  /** The first hundred, in order of their ids. */
  readonly list: () => Promise<readonly User[]>;
  readonly find: (id: number) => Promise<User | undefined>;
  /** `undefined` where the address is taken. */
  readonly add: (user: NewUser) => Promise<User | undefined>;
  /** False where there is no such user. */
  readonly remove: (id: number) => Promise<boolean>;
}

/** The table behind a database. */
export const usersOf = (database: Database): Users => {
  const rows = async (statement: string, parameters: readonly unknown[] = []): Promise<readonly User[]> =>
    z.array(userRow).parse(await database.query(statement, parameters));
  return {
    list: () => rows('SELECT id, name, email, created_at FROM users ORDER BY id LIMIT 100'),
    find: async (id) => (await rows('SELECT id, name, email, created_at FROM users WHERE id = $1', [id]))[0],
    add: async ({ name, email }) =>
      (
        await rows(
          `INSERT INTO users (name, email) VALUES ($1, $2) ON CONFLICT (email) DO NOTHING
           RETURNING id, name, email, created_at`,
          [name, email],
        )
      )[0],
    remove: async (id) => (await database.query('DELETE FROM users WHERE id = $1 RETURNING id', [id])).length > 0,
  };
};
