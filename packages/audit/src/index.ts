export type { Checkpoint, CheckpointSigner, SignerKind, Statement } from './checkpoint/checkpoint.ts';
export { type CheckpointOptions, signCheckpoint } from './checkpoint/checkpointer.ts';
export {
  type CheckpointKey,
  type TransitSigning,
  createLocalSigner,
  createTransitSigner,
  generateCheckpointKeys,
  readCheckpointKey,
} from './checkpoint/keys.ts';
export { AuditError, type AuditErrorCode, isAuditError } from './errors.ts';
export { type AuditLog, type AuditLogOptions, openAuditLog } from './log/log.ts';
export type { Receipt } from './log/receipt.ts';
export type { ActivityOf, AuditClass } from './record/classes.ts';
export type { Actor, AuditEvent, RequestDetails, Resource, Source } from './record/event.ts';
export type { Head } from './record/line.ts';
export type { Redaction, SecretLike } from './record/redact.ts';
export { appendCheckpoint, readCheckpoints } from './checkpoint/checkpoint-file.ts';
export { parseCheckpoint, renderCheckpoint } from './checkpoint/checkpoint.ts';
export { listSegments } from './log/segments.ts';
export type {
  CheckpointOrigin,
  KnownCheckpoint,
  Place,
  TamperFinding,
  Tampering,
  Verification,
} from './verify/finding.ts';
export { type VerifyOptions, verifyAuditLog } from './verify/verify.ts';
