import { AuditError } from '../errors.ts';

/** What stands for a value that was struck out. */
export const redacted = '‹redacted›';

/** Something that holds a secret: `Secret` of @palisade/vault, or anything of the same shape. */
export interface SecretLike {
  readonly reveal: () => string;
}

/** What is struck out before anything is hashed, besides secrets themselves and fields that are known to hold them. */
export interface Redaction {
  /** Names of further fields, compared without case, `-` and `_`. */
  readonly fields?: readonly string[];
  /** Secrets that are struck out wherever they occur in a text. Asked at each event, so that rotated ones are known. */
  readonly secrets?: () => readonly SecretLike[];
  /** A rule of one's own, applied to each text after the others. */
  readonly text?: (text: string) => string;
}

/** Fields whose value is a secret wherever they occur, without case, `-` and `_`. */
const known = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'newpassword',
  'oldpassword',
  'currentpassword',
  'secret',
  'secretid',
  'secretkey',
  'clientsecret',
  'clientassertion',
  'sharedsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'clienttoken',
  'vaulttoken',
  'xvaulttoken',
  'csrftoken',
  'sessiontoken',
  'authtoken',
  'apikey',
  'xapikey',
  'apitoken',
  'privatekey',
  'encryptionkey',
  'signingkey',
  'unsealkey',
  'unsealkeys',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'codeverifier',
  'otp',
  'pin',
  'credential',
  'credentials',
  'connectionstring',
] as const;

/** Secrets of one shape: a text without the sign holds none, and what stands for those that it holds. */
interface Shape {
  readonly sign: string;
  readonly pattern: RegExp;
  readonly stand: string;
}

/**
 * Secrets that give themselves away by their shape: tokens of Vault (`hvs.`, `hvb.`, `s.`), JWTs (RFC 7519), what follows
 * `Bearer` or `Basic` (RFC 9110, 11.4), passwords in URLs (RFC 3986, 3.2.1), private keys (RFC 7468).
 */
const shapes: readonly Shape[] = [
  { sign: '.', pattern: /\b(?:hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}/g, stand: redacted },
  { sign: 'eyJ', pattern: /\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, stand: redacted },
  { sign: ' ', pattern: /\b(bearer|basic|dpop) +[A-Za-z0-9+/._~=-]{6,}/gi, stand: `$1 ${redacted}` },
  {
    sign: '@',
    pattern: /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]{0,200}):[^\s/@]{1,500}@/gi,
    stand: `$1:${redacted}@`,
  },
  {
    sign: '-----BEGIN',
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    stand: redacted,
  },
];

/** Characters of the shortest text that holds one of them. */
const shortest = 10;

const fold = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, '');

const isSecret = (value: object): boolean => 'reveal' in value && typeof value.reveal === 'function';

const maximumDepth = 12;

const invalid = (what: string): AuditError =>
  new AuditError('audit/event-invalid', `the event cannot be written: ${what}`);

/** Makes the function that turns a value into plain data without secrets, a copy that nobody else holds. */
export const createRedactor = (rules: Redaction = {}): ((value: unknown) => unknown) => {
  const fields = new Set([...known, ...(rules.fields ?? []).map(fold)]);

  // The same names come again and again.
  const judged = new Map<string, boolean>();
  const isKnown = (name: string): boolean => {
    let answer = judged.get(name);
    if (answer === undefined) {
      answer = fields.has(fold(name));
      if (judged.size < 1000) judged.set(name, answer);
    }
    return answer;
  };

  const strike = (text: string, secrets: readonly string[]): string => {
    let struck = text;
    for (const secret of secrets) if (struck.includes(secret)) struck = struck.replaceAll(secret, redacted);
    // Most texts of an event show none of the signs, and a search for one costs far less than a pattern.
    if (struck.length >= shortest)
      for (const { sign, pattern, stand } of shapes) if (struck.includes(sign)) struck = struck.replace(pattern, stand);
    return rules.text === undefined ? struck : rules.text(struck);
  };

  const plain = (value: unknown, secrets: readonly string[], depth: number): unknown => {
    switch (typeof value) {
      case 'string':
        return strike(value, secrets);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
        return String(value);
      case 'boolean':
        return value;
      case 'object':
        break;
      default:
        return undefined;
    }
    if (value === null) return null;
    if (depth > maximumDepth) throw invalid(`it is nested deeper than ${maximumDepth} levels, or holds itself`);
    if (isSecret(value)) return redacted;
    if (Array.isArray(value)) return value.map((item: unknown) => plain(item, secrets, depth + 1) ?? null);
    if (ArrayBuffer.isView(value)) return `‹${value.byteLength} bytes›`;
    if (value instanceof Error) return { name: strike(value.name, secrets), message: strike(value.message, secrets) };
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Map || value instanceof Set) return plain([...value], secrets, depth);
    const copy: { [name: string]: unknown } = {};
    for (const [name, inner] of Object.entries(value) as readonly (readonly [string, unknown])[]) {
      if (inner === undefined || typeof inner === 'function') continue;
      const hidden = inner !== null && typeof inner !== 'boolean' && isKnown(name);
      const [key, kept] = [strike(name, secrets), hidden ? redacted : plain(inner, secrets, depth + 1)];
      // An assignment to this name would set the prototype instead.
      if (key === '__proto__') Object.defineProperty(copy, key, { value: kept, enumerable: true });
      else copy[key] = kept;
    }
    return copy;
  };

  return (value) => {
    // Longest first: a secret may hold another one.
    const secrets = (rules.secrets?.() ?? [])
      .map((secret) => secret.reveal())
      .filter((text) => text.length > 0)
      .toSorted((a, b) => b.length - a.length);
    return plain(value, secrets, 0);
  };
};
