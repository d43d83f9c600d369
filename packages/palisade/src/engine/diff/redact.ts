const mask = '‹redacted›';

const words = ['pass(?:word|wd|phrase)?', 'pwd', 'secrets?', 'tokens?', 'credentials?', 'unseal', 'cookie'];
const compounds = ['api[_-]?key', 'private[_-]?key', 'access[_-]?key', 'encryption[_-]?key', '(?<![a-z])auth(?![a-z])'];
const secretWord = [...words, ...compounds].join('|');

/** What is said about a secret without telling it: `password_encryption`, `TOKEN_TTL`, `PASSWORD_FILE`. */
const about =
  'file|path|dir|type|method|mode|enabled|encryption|ttl|period|length|min|max|uses|policies|policy|query|user|name|mount';

/** `NAME_PASSWORD: value`, `"api-key" = value`, `- TOKEN=value`. */
const assignment = new RegExp(
  String.raw`^(.*?(?:${secretWord})[\w.-]*(?<![_-](?:${about}))["']?\s*[:=]\s*)(\S.*?)(\s*)$`,
  'i',
);
/** The key of a scalar that begins on the next line. */
const openAssignment = new RegExp(String.raw`^[\s-]*["']?[\w.-]*(?:${secretWord})[\w.-]*["']?\s*:\s*$`, 'i');
const option = new RegExp(
  String.raw`(--?[\w-]*(?:${secretWord})[\w-]*(?<!-(?:${about}))(?:["']?\s*,\s*|[ =]+))("[^"]*"|'[^']*'|[^\s"',\]]+)`,
  'gi',
);
/** Programs whose short option is followed by a password: `redis-cli -a`, `mysql -p…`. */
const shortOption =
  /(\b(?:redis|valkey)-cli\b.*?[\s"']-a["']?[\s,]+|\b(?:mysql|mariadb)\w*\b.*?[\s"']-p(?=[^\s"',\]]))("[^"]*"|'[^']*'|[^\s"',\]]+)/gi;
const directive =
  /(\b(?:requirepass|masterauth|sasl_password|ssl_passphrase)\s+|\b(?:password|identified by)\s+(?='))(\S+)/gi;
const userinfo = /([a-z][a-z0-9+.-]*:\/\/[^\s:@/'"]*:)([^\s'"]+)(?=@)/gi;
/** Redis: passwords of a `user` line. Source: Redis documentation, ACL rules. */
const accessList = /(^|\s)([<>#!])(\S+)/g;
/** PgBouncer: name and password of its `auth_file`. */
const userList = /^(\s*"[^"]*"\s+)"[^"]*"(?=\s*$)/;
const tokens = new RegExp(
  [
    String.raw`\bhv[sbr]\.[\w-]{20,}`,
    String.raw`\bs\.[A-Za-z0-9]{24,}`,
    String.raw`\bAGE-SECRET-KEY-1[A-Z0-9]+`,
    String.raw`\beyJ[\w-]{10,}\.[\w-]+\.[\w-]+`,
    String.raw`\bAKIA[A-Z0-9]{16}`,
    String.raw`\bgh[pousr]_\w{20,}`,
    String.raw`\bSCRAM-SHA-\d+\$\S+`,
    String.raw`\bmd5[0-9a-f]{32}\b`,
    String.raw`\$(?:apr1|2[aby]|5|6|argon2\w*)\$[^\s"']+`,
    String.raw`(?<=\b(?:Bearer|Basic) )[\w+/=.-]{8,}`,
  ].join('|'),
  'g',
);

/** A reference, a path or a switch is no secret and tells the reader what matters. */
const harmless =
  /^["']?(?:\$\{\w+\}|\$\w+|\.{0,2}\/[^\s"']*|true|false|null|yes|no|on|off|~|&[\w-]+|[{[][}\]]|#.*)["']?,?$/i;
const referenceWithOperand = /^(["']?\$\{\w+(?::?[-?+]))(.*)(\}["']?,?)$/;
const blockScalar = /^(?:[&!]\S+\s+)*[|>][-+\d]*\s*(?:#.*)?$/;

/** Variables of a shell or of Compose, and nothing else that could be a word. */
const isMadeOfReferences = (value: string): boolean => {
  const rest = value.replaceAll(/\$\{\w+\}|\$\w+|%s|\\[rn]/g, '');
  return rest !== value && !/\w/.test(rest);
};

const maskValue = (value: string): string => {
  if (harmless.test(value) || isMadeOfReferences(value)) return value;
  const reference = referenceWithOperand.exec(value);
  return reference === null ? mask : `${reference[1] ?? ''}${mask}${reference[3] ?? ''}`;
};

/** Masks from a secret to the end of the line: where a value of the user's ends depends on who reads it. */
const maskFrom = (line: string, expression: RegExp): string => {
  for (const { index, 1: before = '', 2: secret = '' } of line.matchAll(expression))
    if (maskValue(secret) !== secret) return line.slice(0, index) + before + mask;
  return line;
};

const maskInside = (line: string): string =>
  [option, shortOption, directive]
    .reduce(
      maskFrom,
      line.replaceAll(userinfo, (_all, before: string, secret: string) => before + maskValue(secret)),
    )
    .replace(userList, `$1"${mask}"`)
    .replaceAll(tokens, mask);

/** Longer lines are no text that people read, and would take the expressions above too long. */
const longestLine = 4096;

const indentation = (line: string): number => line.length - line.trimStart().length;

const maskWhole = (line: string): string => `${' '.repeat(indentation(line))}${mask}`;

/** A line that begins an item or a key of its own, so that no scalar goes on in it. */
const beginsEntry = /^\s*(?:-(?:\s|$)|["']?[\w.-]+["']?\s*:(?:\s|$)|#)/;

/**
 * The lines of a text with what looks like a secret masked: values of telling names, passwords in URLs and options,
 * private keys, tokens. A second fence for texts that people wrote; Palisade's own texts hold no secret in the first
 * place.
 */
export const redactLines = (text: string): readonly string[] => {
  let key = false;
  /** Indentation of a key whose scalar is masked: deeper lines go on with it. */
  let masked: number | undefined;
  /** Indentation of a key whose value begins below it, if it is a scalar. */
  let open: number | undefined;
  return text.split('\n').map((line) => {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) key = true;
    if (key) {
      if (/-----END [A-Z ]*PRIVATE KEY-----/.test(line)) key = false;
      return maskWhole(line);
    }
    if (line.trim() === '') return line;
    if (line.length > longestLine) return maskWhole(line);
    if (masked !== undefined && indentation(line) > masked) return maskWhole(line);
    masked = undefined;
    if (open !== undefined && indentation(line) > open && !beginsEntry.test(line)) {
      masked = open;
      open = undefined;
      return maskWhole(line);
    }
    open = openAssignment.test(line) ? indentation(line) : undefined;
    const found = assignment.exec(line);
    if (found === null) {
      const inside = maskInside(line);
      return /^\s*user\s/.test(inside) ? inside.replaceAll(accessList, `$1$2${mask}`) : inside;
    }
    const [, name = '', value = '', space = ''] = found;
    if (blockScalar.test(value)) {
      masked = indentation(line);
      return line;
    }
    const shown = maskValue(value);
    if (shown === mask) masked = indentation(line);
    return maskInside(name) + (value === shown ? maskInside(value) : shown) + space;
  });
};
