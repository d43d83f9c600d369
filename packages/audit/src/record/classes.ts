/** The version of OCSF whose numbers are used here. Source: https://schema.ocsf.io/1.6.0 */
export const schemaVersion = '1.6.0';

/**
 * The OCSF classes that a record can have: their number, and the numbers of their activities. What OCSF calls 99 is
 * `other`, 0 is `unknown`. Source: ocsf-schema 1.6.0, `events/{iam,network,application}`.
 */
export const classes = {
  'account-change': {
    uid: 3001,
    name: 'Account Change',
    activities: {
      create: 1,
      enable: 2,
      'change-password': 3,
      'reset-password': 4,
      disable: 5,
      delete: 6,
      'attach-policy': 7,
      'detach-policy': 8,
      lock: 9,
    },
  },
  authentication: { uid: 3002, name: 'Authentication', activities: { logon: 1, logoff: 2 } },
  'session-authorization': {
    uid: 3003,
    name: 'Authorize Session',
    activities: { 'assign-privileges': 1, 'assign-groups': 2, 'assign-roles': 3 },
  },
  'entity-management': {
    uid: 3004,
    name: 'Entity Management',
    activities: { create: 1, read: 2, update: 3, delete: 4 },
  },
  'user-access': {
    uid: 3005,
    name: 'User Access Management',
    activities: { 'assign-privileges': 1, 'revoke-privileges': 2, 'assign-role': 3, 'remove-role': 4 },
  },
  'http-activity': {
    uid: 4002,
    name: 'HTTP Activity',
    activities: { connect: 1, delete: 2, get: 3, head: 4, options: 5, post: 6, put: 7, trace: 8, patch: 9 },
  },
  'application-lifecycle': {
    uid: 6002,
    name: 'Application Lifecycle',
    activities: { install: 1, remove: 2, start: 3, stop: 4 },
  },
  'api-activity': { uid: 6003, name: 'API Activity', activities: { create: 1, read: 2, update: 3, delete: 4 } },
  'datastore-activity': {
    uid: 6005,
    name: 'Datastore Activity',
    activities: {
      read: 1,
      update: 2,
      connect: 3,
      query: 4,
      write: 5,
      create: 6,
      delete: 7,
      list: 8,
      encrypt: 9,
      decrypt: 10,
    },
  },
} as const satisfies {
  readonly [name: string]: {
    readonly uid: number;
    readonly name: string;
    readonly activities: { readonly [activity: string]: number };
  };
};

/** What kind of thing happened. */
export type AuditClass = keyof typeof classes;

/** What can happen in a class. */
export type ActivityOf<Class extends AuditClass> = keyof (typeof classes)[Class]['activities'] | 'other' | 'unknown';

/** `severity_id` of OCSF. */
export const severities = { unknown: 0, informational: 1, low: 2, medium: 3, high: 4, critical: 5, fatal: 6 } as const;

/** `status_id` of OCSF. */
export const outcomes = { unknown: 0, success: 1, failure: 2 } as const;

/** The number of an activity in its class. */
export const activityNumber = (auditClass: AuditClass, activity: string): number | undefined => {
  if (activity === 'other') return 99;
  if (activity === 'unknown') return 0;
  const known: { readonly [name: string]: number } = classes[auditClass].activities;
  return Object.hasOwn(known, activity) ? known[activity] : undefined;
};
