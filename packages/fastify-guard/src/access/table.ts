import type { CredentialKind } from '../identity.ts';
import type { SettledPolicy } from './policy.ts';

/** One line of the access table, as plain data. */
export interface RouteRow {
  readonly method: string;
  readonly url: string;
  readonly access: 'public' | 'authenticated';
  /** One is enough; empty where any identity is. */
  readonly roles: readonly string[];
  /** All are needed. */
  readonly scopes: readonly string[];
  /** Accepted credentials; empty for public routes. */
  readonly by: readonly CredentialKind[];
  readonly group?: string;
  /** `10/60s per address`. */
  readonly limits: readonly string[];
  /** The action in the audit log. */
  readonly audit?: string;
}

/** Routes as plain data, by address and method. */
export const accessTable = (policies: Iterable<SettledPolicy>): readonly RouteRow[] =>
  [...policies]
    .map((policy) => ({
      method: policy.method,
      url: policy.url,
      access: policy.access,
      roles: policy.roles,
      scopes: policy.scopes,
      by: policy.by,
      ...(policy.group === undefined ? {} : { group: policy.group }),
      limits: policy.limits.map(({ limit, window, per }) => `${limit}/${window}s per ${per}`),
      ...(policy.audit === undefined ? {} : { audit: policy.audit.action }),
    }))
    .sort((left, right) => (left.url < right.url || (left.url === right.url && left.method < right.method) ? -1 : 1));

const whoMay = (row: RouteRow): string => {
  if (row.access === 'public') return 'everybody';
  const roles = row.roles.length === 0 ? 'any identity' : row.roles.join(' or ');
  return row.scopes.length === 0 ? roles : `${roles}, scopes ${row.scopes.join(' ')}`;
};

/** The table as text with aligned columns, for people and for reviews of changes. */
export const formatRoutes = (rows: readonly RouteRow[]): string => {
  const cells = [
    ['METHOD', 'ROUTE', 'WHO MAY', 'CREDENTIALS', 'LIMITS', 'AUDIT'],
    ...rows.map((row) => [
      row.method,
      row.url,
      whoMay(row),
      row.by.join(', ') || '-',
      row.limits.join('; ') || '-',
      row.audit ?? '-',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .concat('')
    .join('\n');
};
