import { parseArgs } from 'node:util';
import * as z from 'zod';
import { StartError, messageOf } from '../errors.ts';
import type { NewClient } from '../oauth/clients.ts';
import { type Role, roleNames } from '../oauth/roles.ts';

/** What an operator asks of the authorization server, beside the service that runs. */
export type Command =
  | {
      readonly kind: 'add-account';
      readonly name: string;
      readonly role: Role;
      /** Standard input where absent. */
      readonly passwordFile?: string;
    }
  | {
      readonly kind: 'add-client';
      readonly client: NewClient;
      /** Standard output where absent. */
      readonly secretFile?: string;
    }
  | { readonly kind: 'remove-account'; readonly name: string }
  | { readonly kind: 'remove-client'; readonly id: string }
  | { readonly kind: 'rotate-keys'; readonly why: 'planned' | 'compromised' };

/** How the commands are written. */
export const usage = `accounts add <name> --role admin|user|readonly [--password-file <file>]
    The password comes from the file or from standard input; a line end after it is not part of it.
  clients add <id> [--redirect-uri <uri>]… [--grant authorization_code|refresh_token|client_credentials]… [--scope <scope>]…
      [--role admin|user|readonly] [--authentication client_secret_basic|client_secret_post|none] [--introspects]
      [--secret-file <file>]
    The secret goes, this once, to a new file that its owner alone can read, or to standard output.
  accounts remove <name>
  clients remove <id>
    Ends all that was given to it, too.
  keys rotate [--compromised]
    With overlap; after a compromise at once, and everything that the old keys signed is worth nothing.`;

const wrong = (why: string): StartError => new StartError('command/usage', `${why}\n  ${usage}`);

const texts = { type: 'string', multiple: true } as const;
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  'accounts add': { role: text, 'password-file': text },
  'clients add': {
    'redirect-uri': texts,
    grant: texts,
    scope: texts,
    role: text,
    authentication: text,
    introspects: flag,
    'secret-file': text,
  },
  'keys rotate': { compromised: flag },
} as const;

const role = z.enum(roleNames, `--role is ${roleNames.join(', ')}`);
const grant = z.enum(
  ['authorization_code', 'refresh_token', 'client_credentials'],
  '--grant is authorization_code, refresh_token or client_credentials',
);
const authentication = z.enum(
  ['client_secret_basic', 'client_secret_post', 'none'],
  '--authentication is client_secret_basic, client_secret_post or none',
);

const accountOf = (args: readonly string[]): Command => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: options['accounts add'],
    allowPositionals: true,
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new Error('accounts add takes one name; a password is no argument');
  const file = values['password-file'];
  return {
    kind: 'add-account',
    name,
    role: role.parse(values.role),
    ...(file === undefined ? {} : { passwordFile: file }),
  };
};

const clientOf = (args: readonly string[]): Command => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: options['clients add'],
    allowPositionals: true,
  });
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) throw new Error('clients add takes one id; a secret is no argument');
  const redirectUris = values['redirect-uri'] ?? [];
  const usual = redirectUris.length > 0 ? ['authorization_code', 'refresh_token'] : ['client_credentials'];
  const file = values['secret-file'];
  return {
    kind: 'add-client',
    client: {
      id,
      redirectUris,
      grants: z.array(grant).parse(values.grant ?? usual),
      authentication: authentication.parse(values.authentication ?? 'client_secret_basic'),
      introspects: values.introspects === true,
      ...(values.scope === undefined ? {} : { scopes: values.scope }),
      ...(values.role === undefined ? {} : { role: role.parse(values.role) }),
    },
    ...(file === undefined ? {} : { secretFile: file }),
  };
};

/** The one argument of a command that takes nothing else. */
const onlyOne = (args: readonly string[], what: string): string => {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
  const [one, ...more] = positionals;
  if (one === undefined || more.length > 0) throw new Error(`remove takes one ${what}`);
  return one;
};

const rotationOf = (args: readonly string[]): Command => {
  const { values } = parseArgs({ args: [...args], options: options['keys rotate'] });
  return { kind: 'rotate-keys', why: values.compromised === true ? 'compromised' : 'planned' };
};

const parsers: ReadonlyMap<string, (args: readonly string[]) => Command> = new Map([
  ['accounts add', accountOf],
  ['clients add', clientOf],
  ['accounts remove', (args) => ({ kind: 'remove-account', name: onlyOne(args, 'name') })],
  ['clients remove', (args) => ({ kind: 'remove-client', id: onlyOne(args, 'id') })],
  ['keys rotate', rotationOf],
]);

/** Reads a command line. @throws StartError `command/usage` */
export const parseCommand = ([noun = '', verb = '', ...rest]: readonly string[]): Command => {
  const parser = parsers.get(`${noun} ${verb}`);
  if (parser === undefined) throw wrong('there is no such command');
  try {
    return parser(rest);
  } catch (error) {
    throw wrong(error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : messageOf(error));
  }
};
