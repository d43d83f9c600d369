import type { Located, Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { locateWord } from './arguments.ts';
import { Secret } from '../../support/secret.ts';

/** A place of the stack where a token of Vault stands, or is put by Compose. */
export interface TokenPlace {
  readonly service: string;
  /** `VAULT_TOKEN`, `-dev-root-token-id`, or the mounted file's path in the container. */
  readonly name: string;
  readonly at: Location;
  readonly form: 'environment' | 'argument' | 'file';
  /** Absent where Compose takes it from the caller's environment, or where it is in a file outside of the project. */
  readonly token?: Secret;
}

const environmentName = /^(?:\w+_)?(?:VAULT|BAO|OPENBAO)_(?:\w+_)?TOKEN(?:_ID)?$/;
const fileName = /(?:^|\/)(?:\.?(?:vault|bao)[-_]token|root[-_.]?token)(?:\.txt)?$/i;
const argument = /^--?dev-root-token-id=(.*)$/s;

const inEnvironment = (service: Service): readonly TokenPlace[] =>
  [...service.environment].flatMap(([name, { value, at, interpolations }]: [string, Located<string | null>]) => {
    if (!environmentName.test(name)) return [];
    // An empty literal is how people take a variable away; an empty `${VAULT_TOKEN}` is a place for a token.
    if (value === '' && (interpolations ?? []).length === 0) return [];
    const token = value === null || value === '' ? {} : { token: new Secret(value) };
    return [{ service: service.name, name, at, form: 'environment' as const, ...token }];
  });

const inArguments = (stack: Stack, service: Service): readonly TokenPlace[] =>
  [service.entrypoint, service.command].flatMap((words) =>
    (words?.value ?? []).flatMap((word) => {
      const value = argument.exec(word)?.[1];
      if (value === undefined || value === '') return [];
      const at = locateWord(stack, service, 'dev-root-token-id');
      return [{ service: service.name, name: '-dev-root-token-id', at, form: 'argument', token: new Secret(value) }];
    }),
  );

const inFiles = (service: Service): readonly TokenPlace[] =>
  service.mounts.flatMap((mount) =>
    [mount.source, mount.target].some((path) => path !== undefined && fileName.test(path))
      ? [{ service: service.name, name: mount.target, at: mount.at, form: 'file' as const }]
      : [],
  );

/** Every place of one service where a token stands, in the order environment, arguments, files. */
export const tokenPlaces = (stack: Stack, service: Service): readonly TokenPlace[] => [
  ...inEnvironment(service),
  ...inArguments(stack, service),
  ...inFiles(service),
];

/** The distinct tokens that can be read off the stack's files, each with the first place where it stands. */
export const tokensInStack = (stack: Stack): readonly { readonly origin: string; readonly token: Secret }[] => {
  const found = new Map<string, { readonly origin: string; readonly token: Secret }>();
  for (const service of stack.services.values())
    for (const { name, token } of tokenPlaces(stack, service))
      if (token !== undefined && !found.has(token.reveal()))
        found.set(token.reveal(), { origin: `${service.name} ${name}`, token });
  return [...found.values()];
};
