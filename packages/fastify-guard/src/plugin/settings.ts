import type { PolicySurroundings, SettledPolicy } from '../access/policy.ts';
import type { Roles } from '../access/roles.ts';
import type { IsProxy } from '../address/address.ts';
import type { Believes } from '../address/believed.ts';
import type { AuditSink } from '../audit/audit.ts';
import type { Now } from '../clock.ts';
import type { Cors } from '../http/cors.ts';
import type { Listener } from '../http/listener.ts';
import type { Overload } from '../http/overload.ts';
import type { Credentials } from '../options/authenticators.ts';
import type { Limits } from '../options/limits.ts';
import type { GuardEvent, GuardOptions } from '../options/options.ts';

/** Options that were read, as the plug-in uses them. */
export interface Settings {
  readonly options: GuardOptions;
  readonly now: Now;
  readonly headers: Readonly<Record<string, string>>;
  readonly cors: Cors | undefined;
  readonly overload: Overload;
  readonly limits: Limits;
  readonly credentials: Credentials;
  readonly roles: Roles;
  readonly audit: { readonly sink: AuditSink; readonly timeout: number } | undefined;
  readonly isProxy: IsProxy;
  /** True for a connection of a proxy of ours, whose X-Forwarded-For is believed. */
  readonly believes: Believes;
  /** Milliseconds; absent where the server is not the guard's. */
  readonly handlerTimeout: number | undefined;
  readonly observe: (event: GuardEvent) => void;
  /** Filled while routes are registered. */
  readonly policies: SettledPolicy[];
  readonly listener: Listener;
  readonly close: () => void;
}

/** What declarations of routes are checked against. */
export const surroundingsOf = (settings: Settings): PolicySurroundings => ({
  roles: settings.roles,
  credentials: settings.credentials.kinds,
  groups: settings.limits.groups,
  everywhere: settings.limits.everywhere,
  audits: settings.audit !== undefined,
});
