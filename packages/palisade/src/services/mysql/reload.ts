import type { Reload } from '../../contracts/service-kind.ts';
import { askProduct, runSql } from './sql.ts';

/**
 * Has the server take its certificates anew for the connections that come; sessions stay as they are, and where the new files
 * cannot be used the old ones go on. Sources: MySQL 8.4 manual, ALTER INSTANCE (`RELOAD TLS`); MariaDB, FLUSH (`SSL`).
 * Throws `mysql/client-failed`.
 */
export const reload: Reload = async ({ service, exec }, signal) => {
  const { product } = await askProduct(exec, service, signal);
  await runSql(exec, service, product === 'mariadb' ? 'FLUSH SSL' : 'ALTER INSTANCE RELOAD TLS', signal);
};
