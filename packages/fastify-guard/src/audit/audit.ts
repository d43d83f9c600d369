import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SettledPolicy } from '../access/policy.ts';
import type { Identity } from '../identity.ts';
import { within } from '../within.ts';

/** One record about a sensitive operation; an `AuditEvent` of @palisade/audit, class "API Activity" of OCSF. */
export interface GuardAuditEvent {
  readonly class: 'api-activity';
  readonly activity: 'create' | 'read' | 'update' | 'delete' | 'other';
  /** `unknown` for an intent, whose operation has not run yet. */
  readonly outcome: 'success' | 'failure' | 'unknown';
  /** Action of the route: `user.delete`. */
  readonly operation: string;
  readonly severity: 'informational' | 'medium';
  /** Code of the problem that was answered. */
  readonly reason?: string;
  readonly actor?: { readonly uid: string; readonly issuer: string; readonly type: string; readonly session?: string };
  readonly source: { readonly ip: string };
  readonly resource: { readonly uid: string };
  readonly request: {
    readonly uid: string;
    readonly method: string;
    readonly path: string;
    readonly userAgent?: string;
    readonly status?: number;
  };
  /**
   * `intent`: about to run. `outcome`: it ran, or failed while it ran. `refusal`: it was not allowed to run. `lost`: it was answered
   * past the guard, so that nobody knows how it ended.
   */
  readonly details: { readonly phase: 'intent' | 'outcome' | 'refusal' | 'lost' };
}

/**
 * Where records go: an `AuditLog` of @palisade/audit, or anything that resolves when a record is safe. The signal is aborted when the
 * guard waits no longer.
 */
export interface AuditSink {
  readonly append: (event: GuardAuditEvent, options: { readonly signal: AbortSignal }) => Promise<unknown>;
}

/** What is audited about a request. */
export interface Audited {
  readonly policy: SettledPolicy;
  readonly identity: Identity | undefined;
  readonly address: string;
}

const activities = new Map<string, GuardAuditEvent['activity']>([
  ['GET', 'read'],
  ['HEAD', 'read'],
  ['POST', 'create'],
  ['PUT', 'update'],
  ['PATCH', 'update'],
  ['DELETE', 'delete'],
]);

const longest = 512;
const pathOf = (url: string): string => (url.split('?', 1)[0] ?? '').slice(0, longest);

const resourceOf = (request: FastifyRequest, policy: SettledPolicy): string => {
  try {
    const named: unknown = policy.audit?.resource?.(request);
    if (typeof named === 'string') return named.slice(0, longest);
  } catch {
    // What the application cannot name is named by its address.
  }
  return pathOf(request.url);
};

/** Makes a record. */
export const auditEvent = (
  request: FastifyRequest,
  { policy, identity, address }: Audited,
  phase: GuardAuditEvent['details']['phase'],
  end?: { readonly status: number; readonly reason?: string },
): GuardAuditEvent => {
  // A handler whose time was over may have done its work, or may do it yet.
  const known = end !== undefined && end.reason !== 'handler-timeout';
  const outcome = !known ? 'unknown' : end.status < 400 ? 'success' : 'failure';
  const userAgent = request.headers['user-agent'];
  return {
    class: 'api-activity',
    activity: activities.get(request.method) ?? 'other',
    outcome,
    operation: policy.audit?.action ?? 'request',
    severity: outcome === 'failure' ? 'medium' : 'informational',
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
    ...(identity === undefined
      ? {}
      : {
          actor: {
            uid: identity.subject,
            issuer: identity.issuer,
            type: identity.by,
            ...(identity.tokenId === undefined ? {} : { session: identity.tokenId }),
          },
        }),
    source: { ip: address },
    resource: { uid: resourceOf(request, policy) },
    request: {
      uid: request.id,
      method: request.method,
      path: pathOf(request.url),
      ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, longest) }),
      ...(end === undefined ? {} : { status: end.status }),
    },
    details: { phase },
  };
};

/** Writes a record within a time. True where it is safe; a failure goes to the application's log. */
export const record = async (
  sink: AuditSink,
  event: GuardAuditEvent,
  timeout: number,
  reply: FastifyReply,
): Promise<boolean> => {
  try {
    await within(timeout, (signal) => sink.append(event, { signal }));
    return true;
  } catch (error) {
    reply.log.error(
      { err: error, operation: event.operation, phase: event.details.phase },
      'audit record was not written',
    );
    return false;
  }
};
