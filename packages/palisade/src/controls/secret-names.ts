/**
 * Words that end the name of a variable, flag or label which holds a secret. `…_FILE`, `…_PATH`, `…_TTL` and their like
 * end in another word, and so are none.
 */
const secretEnding =
  /(?:^|[_.-])(?:password|passwd|passphrase|pass|pw|secret|token|erlang[_.-]?cookie|credentials?|(?:api|access|app|auth|session|hmac|crypto|webhook|storage|account)[_.-]?key|secret[_.-]?key(?:[_.-]?base)?|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|master[_.-]?key|unseal[_.-]?key|jwt[_.-]?key|secret[_.-]?id)$/i;

/** Names that hold a secret although their last word does not say so, or is written without a separator. */
const secretNames =
  /^(?:pgpassword|mysql_pwd|rediscli_auth|redis_auth|requirepass|masterauth|masterpass|apikey|dbpassword|basicauth|.*[a-z](?:Password|Passwd|Secret|Token|ApiKey|SecretKey))$/;

/** Variables that hold a Vault token; the controls of the `vault` kind judge them. */
const vaultTokens = /^(?:(?:VAULT|BAO)_TOKEN|(?:VAULT|BAO)_DEV_ROOT_TOKEN_ID)$/;

/** True where a variable, flag or label of that name holds a secret by convention. */
export const isSecretName = (name: string): boolean =>
  secretEnding.test(name) || secretNames.test(name) || secretNames.test(name.toLowerCase()) || isVaultToken(name);

/** True for the variables in which Vault's clients and its development server take a token. */
export const isVaultToken = (name: string): boolean => vaultTokens.test(name);

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

const switches = new Set(['true', 'false', 'yes', 'no', 'on', 'off', 'none', 'null', 'random', 'auto', '1', '0']);

/**
 * True where a text can be a secret's value: not empty, no switch, no path of a file that holds it, no reference that
 * something else resolves (`file:`, `vault:`, `op://`, a shell variable).
 */
export const canBeSecretValue = (value: string): boolean => {
  const text = value.trim();
  if (text === '' || switches.has(text.toLowerCase())) return false;
  if (/^(?:\/|\.{1,2}\/|~\/)/.test(text)) return false;
  if (/^(?:file|vault|bao|env|op|ref\+[a-z]+|arn|sops|secretref|keyring):/i.test(text)) return false;
  return !/^\$[({A-Za-z_]/.test(text);
};

/** Shapes by which tokens of well-known services are recognised, whatever the variable is called. */
const tokenShapes = [
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /\bgithub_pat_\w{30,}/,
  /\bglpat-[\w-]{20,}/,
  /\bxox[abprs]-[\w-]{10,}/,
  /\b[rs]k_live_\w{16,}/,
  /\bAIza[\w-]{35}/,
  /\bnpm_[A-Za-z0-9]{30,}/,
];

/** True where a text looks like a private key or a token of a well-known service. */
export const hasTokenShape = (text: string): boolean => tokenShapes.some((shape) => shape.test(text));

const userInformation = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"]*:([^\s/@'"]+)@/gi;

/** A parameter of a JDBC URL, a libpq connection string or an ADO one: `host=db user=app password=…`. */
const connectionParameter = /(?:^|[\s?&;])(?:password|passwd|pwd)=('[^']*'|[^\s&;'"]+)/gi;

/**
 * The passwords of the addresses in a text: in the user information of URLs (`postgres://app:…@db/app`) and in the
 * parameters of connection strings. Variables and placeholders are none. Source: RFC 3986, 3.2.1.
 */
export const addressPasswords = (text: string): readonly string[] =>
  [...text.matchAll(userInformation), ...text.matchAll(connectionParameter)]
    .map(([, password = '']) => unquoted(password))
    .filter((password) => password !== '' && !password.startsWith('$') && !/^[<[{*]/.test(password));

/** Short flags that take a secret, by the program that knows them. */
const shortFlags: readonly (readonly [RegExp, RegExp])[] = [
  [/\bredis-cli\b/, /(?:^|\s)-a\s+("[^"]*"|'[^']*'|\S+)/g],
  [/\b(?:mysql|mariadb|mysqladmin|mariadb-admin|mysqldump)\b/, /(?:^|\s)-p("[^"]*"|'[^']*'|[^\s"']+)/g],
  [/\bmongo(?:sh)?\b/, /(?:^|\s)-p\s+("[^"]*"|'[^']*'|\S+)/g],
];

const longFlag = /(?:^|[\s"'])--?([A-Za-z][\w.-]*)(?:=|\s+)("[^"]*"|'[^']*'|[^\s"']+)/g;

const assignment = /(?:^|[\s;&"'])([A-Z][A-Z0-9_]*)=("[^"]*"|'[^']*'|[^\s;&"']+)/g;

/** One secret in a command line. */
export interface CommandSecret {
  /** The flag or variable that takes it, without dashes. */
  readonly name: string;
  readonly value: string;
}

/** The secrets that a command line passes as arguments, in assignments or in URLs. */
export const commandSecrets = (command: string): readonly CommandSecret[] => {
  const named = [...command.matchAll(longFlag), ...command.matchAll(assignment)].flatMap(([, name = '', value = '']) =>
    isSecretName(name) && !isVaultToken(name) ? [{ name, value: unquoted(value) }] : [],
  );
  const short = shortFlags.flatMap(([program, flag]) =>
    program.test(command)
      ? [...command.matchAll(flag)].map((match) => ({ name: 'password', value: unquoted(match[1] ?? '') }))
      : [],
  );
  const urls = addressPasswords(command).map((value) => ({ name: 'address', value }));
  return [...named, ...short, ...urls].filter(({ value }) => canBeSecretValue(value) && !value.startsWith('-'));
};
