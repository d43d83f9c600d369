/** What can keep the service from starting, by code: what happened, and what to do next. Never holds a secret. */
const definitions = {
  'configuration/variable-invalid': {
    exitCode: 2,
    next: 'Correct the environment variable; README.md lists them all.',
  },
  'configuration/not-in-production': {
    exitCode: 2,
    next: 'Remove the variable, or set REFERENCE_API_POSTURE=development on a machine that may be attacked.',
  },
  'certificates/unusable': {
    exitCode: 3,
    next: 'Put a matching cert.pem, key.pem and ca.pem into the directory, readable by the service.',
  },
  'vault/unavailable': {
    exitCode: 3,
    next: 'Start Vault, and check VAULT_ADDR, VAULT_CACERT and that the role-id and secret-id are current.',
  },
  'vault/credentials-unusable': {
    exitCode: 3,
    next: 'Write the fields username, password and database at that path, and let the policy of this service read it.',
  },
  'audit/unusable': {
    exitCode: 3,
    next: 'Give the service a directory of its own that it may write, with space in it; `palisade audit verify` tells what is wrong with a log.',
  },
  'oauth/keys-unreachable': {
    exitCode: 3,
    next: 'Let the policy of this service create, read and update exactly that path (and no other), or name an issuer in OIDC_ISSUER.',
  },
  'oauth/unusable': {
    exitCode: 3,
    next: 'Do what the message says, or name an issuer in OIDC_ISSUER.',
  },
  'command/usage': {
    exitCode: 2,
    next: 'Correct the command; without one, the service starts.',
  },
  'command/not-here': {
    exitCode: 2,
    next: 'Run it with the environment of a hardened service without OIDC_ISSUER, or ask whoever runs that issuer.',
  },
  'command/refused': {
    exitCode: 2,
    next: 'Nothing was changed; do what the message says.',
  },
  'command/secret-unusable': {
    exitCode: 2,
    next: 'Give another file, or pipe the password into standard input.',
  },
  'command/failed': {
    exitCode: 3,
    next: 'Look whether Vault and the database answer this service, then try again.',
  },
  'server/port-unavailable': {
    exitCode: 3,
    next: 'Stop what uses the port, or set PORT to another one.',
  },
} as const satisfies Record<string, { exitCode: 2 | 3; next: string }>;

/** Code of an error that ends the service. */
export type StartErrorCode = keyof typeof definitions;

/** An error that ends the service: exit code 2 where its configuration is wrong, 3 where the outside world failed it. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;
  readonly exitCode: 2 | 3;
  readonly next: string;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.exitCode = definitions[code].exitCode;
    this.next = definitions[code].next;
  }
}

/** The text of whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
