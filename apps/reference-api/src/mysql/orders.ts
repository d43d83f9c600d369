import type { Pool } from 'mysql2/promise';
import * as z from 'zod';
import type { Connection } from '../connection/connection.ts';

const orderRow = z.object({ id: z.number(), item: z.string(), quantity: z.number() });

/** One order of the sample data. */
export type Order = z.output<typeof orderRow>;

/** The table `orders`. */
export interface Orders {
  /** The last hundred, newest first. */
  readonly list: () => Promise<readonly Order[]>;
  readonly add: (order: Omit<Order, 'id'>) => Promise<Order>;
  /** Rejects where the server cannot be asked. */
  readonly check: () => Promise<void>;
}

/** Milliseconds for one statement. */
const within = 5_000;

const createTable = `CREATE TABLE IF NOT EXISTS orders (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  item VARCHAR(100) NOT NULL,
  quantity INT UNSIGNED NOT NULL
) CHARACTER SET utf8mb4`;

/** One row where the table cannot keep every character: it was made where the server decided, and MariaDB decided for latin1. */
const isNarrow = `SELECT 1 FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'orders' AND column_name = 'item' AND character_set_name <> 'utf8mb4'`;
const widen = 'ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4';

const makeTable = async (pool: Pool): Promise<void> => {
  await pool.query({ sql: createTable, timeout: within });
  const [narrow] = await pool.query({ sql: isNarrow, timeout: within });
  if (Array.isArray(narrow) && narrow.length > 0) await pool.query({ sql: widen, timeout: within });
};

/** The table behind a connection; it is made by the first that needs it. */
export const ordersOf = (connection: Connection<Pool>): Orders => {
  let made = false;
  const run = (sql: string, values: (string | number)[] = []): Promise<unknown> =>
    connection.use(async (pool) => {
      if (!made) await makeTable(pool);
      made = true;
      const [answer] = await pool.execute({ sql, values, timeout: within });
      return answer;
    });
  return {
    list: async () =>
      z.array(orderRow).parse(await run('SELECT id, item, quantity FROM orders ORDER BY id DESC LIMIT 100')),
    add: async ({ item, quantity }) => {
      const { insertId } = z
        .object({ insertId: z.number() })
        .parse(await run('INSERT INTO orders (item, quantity) VALUES (?, ?)', [item, quantity]));
      return { id: insertId, item, quantity };
    },
    check: async () => {
      await connection.use((pool) => pool.query({ sql: 'SELECT 1', timeout: within }));
    },
  };
};
