import { createHash, hash } from 'node:crypto';

/** Goes before what is hashed, so that no hash of a record is one of anything else. */
const domain = 'palisade-audit-record-v1\n';

/** `prev` of the first record of a log. */
export const noHash = '0'.repeat(64);

/** A place in the chain: the last record so far. */
export interface Head {
  /** 0 where there is no record yet. */
  readonly seq: number;
  readonly hash: string;
}

/** Length of `,"hash":"…"}` at the end of a line. */
const hashLength = ',"hash":""}'.length + 64;

/** The text of the record that follows `head`, with its line end, and its hash. `content` is a JSON object with a member at least. */
export const encodeLine = (head: Head, content: string): { readonly line: string; readonly head: Head } => {
  const body = `{"seq":${head.seq + 1},"prev":"${head.hash}",${content.slice(1, -1)}`;
  const own = hash('sha256', domain + body, 'hex');
  return { line: `${body},"hash":"${own}"}\n`, head: { seq: head.seq + 1, hash: own } };
};

/** Bytes that a line needs beside its content, at most. */
export const lineOverhead = `{"seq":${Number.MAX_SAFE_INTEGER},"prev":"",`.length + 64 + hashLength + 1;

/** What a line says about its place in the chain. */
export interface DecodedLine {
  readonly seq: number;
  readonly prev: string;
  /** The hash that the line gives. */
  readonly hash: string;
  /** Whether that is the hash of its bytes. */
  readonly intact: boolean;
}

const start = /^\{"seq":([1-9][0-9]{0,15}),"prev":"([0-9a-f]{64})",/;
const end = /^,"hash":"([0-9a-f]{64})"\}$/;

/**
 * Reads a line, without its line end; undefined where it is no record. The hash is taken over the bytes as they are:
 * nothing is parsed and written again, so that no two texts count as the same record.
 */
export const decodeLine = (bytes: Buffer): DecodedLine | undefined => {
  const cut = bytes.length - hashLength;
  if (cut < 0) return undefined;
  const first = start.exec(bytes.toString('latin1', 0, 110));
  const last = end.exec(bytes.toString('latin1', cut));
  const [seq, prev, own] = [Number(first?.[1]), first?.[2], last?.[1]];
  if (prev === undefined || own === undefined || !Number.isSafeInteger(seq)) return undefined;
  const digest = createHash('sha256').update(domain).update(bytes.subarray(0, cut)).digest('hex');
  return { seq, prev, hash: own, intact: digest === own };
};

/** What the log says about itself in a record, where it says something; undefined for the records of events. */
export const chainNoteOf = (bytes: Buffer): { readonly [name: string]: unknown } | undefined => {
  const begin = bytes.indexOf('"', bytes.indexOf(',"prev":"') + 75);
  if (bytes.toString('latin1', begin, begin + 9) !== '"chain":{') return undefined;
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    const chain: unknown =
      typeof parsed === 'object' && parsed !== null && 'chain' in parsed ? parsed.chain : undefined;
    return typeof chain === 'object' && chain !== null ? { ...chain } : undefined;
  } catch {
    return undefined;
  }
};
