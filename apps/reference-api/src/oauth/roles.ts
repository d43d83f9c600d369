/** Roles of this service, the least one last; each includes those after it. */
export const roleNames = ['admin', 'user', 'readonly'] as const;
export type Role = (typeof roleNames)[number];

/** Scopes of this service: `read` lets a client look, `write` lets it do all that its user may do. */
export const apiScopes = ['read', 'write'] as const;

/**
 * What `roles` of an access token says: never more than the role of the account or client, and no more than the scopes that
 * were granted. Without a scope of this service the token opens nothing.
 */
export const rolesOf = (role: Role | undefined, scope: string | undefined): readonly Role[] => {
  const scopes = new Set(scope?.split(' '));
  if (role === undefined) return [];
  if (scopes.has('write')) return [role];
  return scopes.has('read') ? ['readonly'] : [];
};
