/** Settings inside of URLs, connection strings and options that give up TLS, or the verification of the other side. */
const inText: readonly (readonly [pattern: RegExp, weakness: string])[] = [
  [
    /\bssl-?mode=['"]?(?:disable|allow|prefer|disabled|preferred)\b/i,
    'talks to its database without TLS, or without insisting on it',
  ],
  [
    /\bssl-?mode=['"]?(?:require|required|no-verify)\b/i,
    'does not verify whom it reaches: encryption alone is asked for',
  ],
  [/\b(?:useSSL|ssl|tls|encrypt)=['"]?(?:false|0|no|off|disable|disabled)\b/i, 'talks to a server without TLS'],
  [/\btls(?:Insecure|AllowInvalidCertificates|AllowInvalidHostnames)=true\b/i, 'takes any certificate of its server'],
  [
    /\b(?:(?:trustServerCertificate|sslInsecure|insecureSkipVerify|skipVerify)=true|tls=skip-verify)\b/i,
    'takes any certificate of its server',
  ],
  [
    /\b(?:verify|verifyServerCertificate|rejectUnauthorized|ssl_?verify|verify_ssl)=['"]?(?:false|0|no|off)\b/i,
    'takes any certificate of its server',
  ],
  [/\bssl_cert_reqs=['"]?(?:none|CERT_NONE)\b/i, 'takes any certificate of its server'],
];

/** Options of programs. */
const inCommand: typeof inText = [
  [/\bcurl\b.*\s(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure)(?=\s|$)/, 'takes any certificate of its server'],
  [
    /(?:^|\s)--(?:no-check-certificate|tls-skip-verify|insecure-skip-tls-verify|tlsAllowInvalidCertificates)(?=\s|=|$)/,
    'takes any certificate of its server',
  ],
];

/** Variables whose own name says what they switch, with the values that switch it the wrong way. */
const variables: readonly (readonly [name: RegExp, value: RegExp, weakness: string])[] = [
  [
    /(?:^|_|PG)SSL_?MODE$/i,
    /^(?:disable|allow|prefer|disabled|preferred)$/i,
    'talks to its database without TLS, or without insisting on it',
  ],
  [
    /(?:^|_|PG)SSL_?MODE$/i,
    /^(?:require|required|no-verify)$/i,
    'does not verify whom it reaches: encryption alone is asked for',
  ],
  [/^NODE_TLS_REJECT_UNAUTHORIZED$/, /^0$/, 'takes any certificate of its servers'],
  [/^PYTHONHTTPSVERIFY$/, /^0$/, 'takes any certificate of its servers'],
  [/^GIT_SSL_NO_VERIFY$/, /^(?:1|true)$/i, 'takes any certificate of its servers'],
  [
    /(?:^|_)(?:SSL|TLS|HTTPS)_(?:NO_|SKIP_|IN)(?:VERIFY|SECURE)$/i,
    /^(?:1|t|true|yes|on)$/i,
    'takes any certificate of its servers',
  ],
  [
    /(?:^|_)(?:INSECURE_SKIP_VERIFY|SKIP_(?:SSL|TLS)_VERIFY|(?:SSL|TLS)_INSECURE)$/i,
    /^(?:1|t|true|yes|on)$/i,
    'takes any certificate of its servers',
  ],
  [
    /(?:^|_)(?:SSL|TLS)_VERIFY$|(?:^|_)VERIFY_(?:SSL|TLS)$|REJECT_UNAUTHORIZED$/i,
    /^(?:0|f|false|no|off|none)$/i,
    'takes any certificate of its servers',
  ],
  [
    /^(?:DB|DATABASE|POSTGRES|POSTGRESQL|MYSQL|REDIS|MONGO|MONGODB|RABBITMQ|AMQP|SMTP)_(?:USE_)?(?:SSL|TLS)(?:_ENABLED)?$/i,
    /^(?:0|f|false|no|off|disable|disabled)$/i,
    'talks to a server without TLS',
  ],
];

/** How a text gives up TLS or verification; undefined where it does not. */
const find = (patterns: typeof inText, text: string): string | undefined =>
  patterns.find(([pattern]) => pattern.test(text))?.[1];

/**
 * How a variable gives up TLS or verification, as the end of a sentence about the service. Vault's own variables are not
 * judged here: their control is that of Vault.
 */
export const weakTlsOf = (name: string, value: string): string | undefined => {
  if (/^(?:VAULT|BAO)_/.test(name)) return undefined;
  return variables.find(([own, bad]) => own.test(name) && bad.test(value.trim()))?.[2] ?? find(inText, value);
};

/** The same for the words of a command. */
export const weakTlsIn = (command: string): string | undefined => find(inText, command) ?? find(inCommand, command);
