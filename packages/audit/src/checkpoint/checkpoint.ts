import type { Head } from '../record/line.ts';

/** Who signed: `local` is a key on the machine that writes the log, which whoever owns that machine can use too. */
export type SignerKind = 'local' | 'vault-transit' | 'external';

/** What was signed: that the log had this record at this time. Through the chain that says everything before it as well. */
export interface Statement extends Head {
  /** Id of the log. */
  readonly log: string;
  /** Milliseconds since the epoch, by the clock of whoever asked for the signature. */
  readonly time: number;
}

/** A statement with its signature. One without a signature is what a verifier remembered. */
export interface Checkpoint extends Statement {
  readonly signature?: {
    readonly kind: SignerKind;
    /** Names the key, so that the right one is tried. */
    readonly key: string;
    /** Base64 of an Ed25519 signature (RFC 8032), 64 bytes. */
    readonly value: string;
  };
}

/** Signs statements. The key of a good one cannot be used by whoever can write to the log. */
export interface CheckpointSigner {
  readonly kind: SignerKind;
  /** Names the key. */
  readonly key: string;
  /** Base64 of the Ed25519 signature over the bytes. Has to end in bounded time. */
  readonly sign: (bytes: Uint8Array, options: { readonly signal: AbortSignal }) => Promise<string>;
}

/** The bytes that are signed: one line each, so that no two statements give the same. */
export const bytesOf = (
  statement: Statement,
  signer: { readonly kind: SignerKind; readonly key: string },
): Uint8Array =>
  Buffer.from(
    [
      'palisade-audit-checkpoint-v1',
      statement.log,
      String(statement.seq),
      statement.hash,
      String(statement.time),
      signer.kind,
      JSON.stringify(signer.key),
      '',
    ].join('\n'),
  );

/** A checkpoint as one line of JSON. */
export const renderCheckpoint = (checkpoint: Checkpoint): string => `${JSON.stringify(checkpoint)}\n`;

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null;

const kinds: readonly SignerKind[] = ['local', 'vault-transit', 'external'];

/** Reads one line; undefined where it is no checkpoint. */
export const parseCheckpoint = (line: string): Checkpoint | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { log, seq, hash, time, signature } = value;
  if (typeof log !== 'string' || typeof hash !== 'string' || typeof seq !== 'number' || typeof time !== 'number')
    return undefined;
  if (!Number.isSafeInteger(seq) || seq < 1 || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  const statement = { log, seq, hash, time };
  if (signature === undefined) return statement;
  if (!isRecord(signature)) return undefined;
  const kind = kinds.find((one) => one === signature['kind']);
  const { key, value: text } = signature;
  if (kind === undefined || typeof key !== 'string' || typeof text !== 'string') return undefined;
  return { ...statement, signature: { kind, key, value: text } };
};
