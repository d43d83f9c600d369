import { AuditError } from '../errors.ts';
import { activityNumber, classes, outcomes, schemaVersion, severities } from './classes.ts';
import type { AuditEvent } from './event.ts';
import { createRedactor, type Redaction } from './redact.ts';

/** What the log says about itself, in records of its own kind; plain data. */
export type ChainNote =
  | {
      /** The first record of a segment. */
      readonly kind: 'segment';
      readonly format: 1;
      readonly log: string;
      readonly segment: number;
      /** Where the segment before ends; null for the first one. */
      readonly previous: { readonly seq: number; readonly hash: string; readonly bytes: number } | null;
    }
  | { readonly kind: 'opened' | 'closed'; readonly host: string; readonly pid: number }
  /** The line before this record is the rest of a write that was interrupted: never acknowledged. */
  | { readonly kind: 'recovery'; readonly bytes: number; readonly sha256: string };

/** What every record says beside its event. */
export interface RecordSetting {
  /** The program whose log it is: `metadata.product.name` of OCSF. */
  readonly product: string;
  readonly redaction: Redaction;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Microseconds of a clock that nobody can set. */
  readonly monotonic: () => number;
  /** Names one boot of the machine, so that monotonic times can be compared. */
  readonly boot: string;
}

/** Makes the JSON text of a record's content: everything but its place in the chain. */
export type ContentWriter = (event: AuditEvent, chain?: ChainNote) => string;

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null;

/** The members, or undefined where none has a value. Members without one do not get into JSON. */
const present = (members: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } | undefined =>
  Object.values(members).some((value) => value !== undefined) ? members : undefined;

const invalid = (what: string): AuditError =>
  new AuditError('audit/event-invalid', `the event cannot be written: ${what}`);

/** What is asked of an event at run time, because callers of JavaScript have no compiler. */
const check = (event: AuditEvent): number => {
  if (!Object.hasOwn(classes, event.class)) throw invalid('its class is not known');
  const activity = activityNumber(event.class, event.activity);
  if (activity === undefined) throw invalid(`its activity does not belong to the class ${event.class}`);
  if (!Object.hasOwn(outcomes, event.outcome)) throw invalid('its outcome is none of success, failure, unknown');
  if (typeof event.operation !== 'string' || event.operation === '') throw invalid('it names no operation');
  if (event.severity !== undefined && !Object.hasOwn(severities, event.severity))
    throw invalid('its severity is not known');
  if (event.time !== undefined && !Number.isSafeInteger(event.time))
    throw invalid('its time is no number of milliseconds');
  return activity;
};

/** The `user` of OCSF is whom it is about: who logs in, or whose account or rights change. */
const userOf = (event: AuditEvent, user: unknown, resource: unknown): unknown => {
  if (event.class === 'authentication' || event.class === 'session-authorization') return user ?? {};
  if (event.class === 'account-change' || event.class === 'user-access') return resource ?? {};
  return undefined;
};

/**
 * Makes the writer of contents. An event is copied and secrets in it are struck out here, before anything is hashed, so
 * that what a caller does to its object afterwards changes nothing.
 *
 * @throws AuditError `audit/event-invalid`
 */
export const createContentWriter = (setting: RecordSetting): ContentWriter => {
  const redact = createRedactor(setting.redaction);
  return (event, chain) => {
    const activity = check(event);
    const { uid: classNumber, name: className } = classes[event.class];
    const { class: _class, activity: activityName, outcome, severity = 'informational', time, ...rest } = event;
    const copy = redact(rest);
    const field = (name: string): unknown => (isRecord(copy) ? copy[name] : undefined);
    const part = (name: string): { readonly [name: string]: unknown } => {
      const value = field(name);
      return isRecord(value) ? value : {};
    };
    const [actor, request, resource] = [part('actor'), part('request'), present(part('resource'))];
    const user = present({ uid: actor['uid'], name: actor['name'], type: actor['type'] });
    const session = present({ uid: actor['session'], issuer: actor['issuer'] });
    return JSON.stringify({
      ...(chain === undefined ? {} : { chain }),
      time: time ?? setting.now(),
      class_uid: classNumber,
      class_name: className,
      category_uid: Math.floor(classNumber / 1000),
      activity_id: activity,
      activity_name: activityName,
      type_uid: classNumber * 100 + activity,
      severity_id: severities[severity],
      status_id: outcomes[outcome],
      status: outcome,
      status_detail: field('reason'),
      message: field('message'),
      api: { operation: field('operation'), request: present({ uid: request['uid'] }) },
      actor: present({ user, session }),
      user: userOf(event, user, resource),
      src_endpoint: present(part('source')),
      resources: resource === undefined || event.class === 'entity-management' ? undefined : [resource],
      entity: event.class === 'entity-management' ? (resource ?? {}) : undefined,
      http_request: present({
        http_method: request['method'],
        url: present({ path: request['path'] }),
        user_agent: request['userAgent'],
      }),
      http_response: present({ code: request['status'] }),
      metadata: { version: schemaVersion, product: { name: setting.product, vendor_name: 'Palisade' } },
      boot: setting.boot,
      monotonic: setting.monotonic(),
      unmapped: field('details'),
    });
  };
};
