/** Every way in which the log can fail. Stable. */
export type AuditErrorCode =
  | 'audit/event-invalid'
  | 'audit/event-too-large'
  | 'audit/queue-full'
  | 'audit/write-failed'
  | 'audit/lock-lost'
  | 'audit/closed'
  | 'audit/locked'
  | 'audit/directory-unusable'
  | 'audit/log-damaged'
  | 'audit/behind-checkpoint'
  | 'audit/not-signed'
  | 'audit/key-unusable'
  | 'audit/checkpoint-unreadable'
  | 'audit/no-log';

/** What to do next, by code. */
const nextSteps: { readonly [Code in AuditErrorCode]: string } = {
  'audit/event-invalid': 'Correct the event; the log does not write what it cannot represent.',
  'audit/event-too-large': 'Put less into the event, or raise `maximumRecordBytes`.',
  'audit/queue-full': 'Refuse the operation and try again later: events come faster than the disk takes them.',
  'audit/write-failed':
    'Refuse the operation that was to be recorded. Make room on the disk or repair it; the next append tries again.',
  'audit/lock-lost': 'Another process has taken the directory over: close this log, and give each process its own.',
  'audit/closed': 'Open the log again.',
  'audit/locked': 'Close the other log, or give this process a directory of its own.',
  'audit/directory-unusable': 'Check that the directory exists, and who may write to it.',
  'audit/log-damaged':
    'Keep the directory as evidence, run `palisade audit verify` on it, and open a log in a new directory.',
  'audit/behind-checkpoint':
    'The log was cut or rolled back: keep the directory as evidence, and open a log in a new directory.',
  'audit/not-signed': 'Check the service that signs; the log is written on, and the next checkpoint is tried in time.',
  'audit/key-unusable': 'Give an Ed25519 key as PEM, or a public one as base64 of its 32 bytes.',
  'audit/checkpoint-unreadable': 'Give a file of checkpoints as JSON, one a line.',
  'audit/no-log': 'Give the directory of an audit log: the one that holds `00000001.jsonl`.',
};

/** A failure with a stable code that says what happened to what, and what to do next. Holds nothing of an event. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
  readonly code: AuditErrorCode;
  /** What to do next. */
  readonly next: string;

  constructor(code: AuditErrorCode, message: string) {
    super(message);
    this.code = code;
    this.next = nextSteps[code];
  }
}

/** True where the thrown thing is an `AuditError` with one of the codes; with any code where none is given. */
export const isAuditError = (thrown: unknown, ...codes: readonly AuditErrorCode[]): thrown is AuditError =>
  thrown instanceof AuditError && (codes.length === 0 || codes.includes(thrown.code));

/** The code that the operating system gave (`ENOSPC`), or what was thrown in short. */
export const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.message;
};
