import { basename } from 'node:path';

import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { locateWord } from './arguments.ts';
import { containerFiles } from './container-files.ts';

/** A place where unseal keys stand, or from where the server is unsealed without a person. */
export interface UnsealPlace {
  readonly form: 'mount' | 'environment' | 'command' | 'script';
  /** What holds the keys: a path or a variable. */
  readonly name: string;
  readonly at: Location;
}

/** File names under which people keep the answer of `operator init`. */
const keyFile =
  /^(?:[\w-]*(?:unseal|vault|bao|recovery)[-_.]?)?(?:keys?|init|unseal|shares)(?:[-_.](?:keys?|output|result|shares))*\.(?:json|txt|ya?ml|keys?)$/i;

/** Directories that hold them. */
const keyDirectory = /^(?:(?:vault|bao|openbao|unseal)[-_](?:unseal[-_])?keys?|unseal)$/i;

const variable =
  /(?:^|_)UNSEAL_?(?:KEYS?|SHARES?)(?:_?\d+)?(?:_FILE)?$|^(?:VAULT|BAO|OPENBAO)_(?:RECOVERY_)?(?:KEYS?|SHARES?)(?:_?\d+)?(?:_FILE)?$/;

const scriptFile = /unseal[^/]*\.(?:sh|bash|py|js|pl)$/i;

const unsealing = /\boperator\s+unseal\b|\bsys\/unseal\b/;

/** True for a path whose last part is a file or directory of unseal keys. */
export const holdsUnsealKeys = (path: string): boolean => {
  const name = basename(path);
  return keyFile.test(name) || keyDirectory.test(name);
};

const mounted = (service: Service): readonly UnsealPlace[] =>
  service.mounts.flatMap(({ source, target, at }) =>
    [source, target].some((path) => path !== undefined && holdsUnsealKeys(path))
      ? [{ form: 'mount', name: target, at }]
      : [],
  );

const inEnvironment = (service: Service): readonly UnsealPlace[] =>
  [...service.environment].flatMap(([name, { value, at }]) =>
    variable.test(name) && value !== '' ? [{ form: 'environment' as const, name, at }] : [],
  );

/** A command that unseals by itself has the keys at hand, wherever it reads them. */
const inCommands = (stack: Stack, service: Service): readonly UnsealPlace[] => {
  const words = [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])];
  const unseals = words.some(
    (word) => unsealing.test(word) || word.split(/[\s;&|]+/).some((part) => scriptFile.test(part)),
  );
  return unseals ? [{ form: 'command', name: 'operator unseal', at: locateWord(stack, service, 'unseal') }] : [];
};

/** The same for mounted scripts, by what they hold, or by their names where they are not at hand. */
const inScripts = (stack: Stack, service: Service): readonly UnsealPlace[] => {
  const byName = service.mounts
    .filter(({ source, target }) => [source, target].some((path) => path !== undefined && scriptFile.test(path)))
    .map(({ target, at }): UnsealPlace => ({ form: 'script', name: target, at }));
  const byText = containerFiles(stack, service)
    .filter(({ file }) => unsealing.test((file.text ?? '').replace(/^\s*#.*$/gm, '')))
    .map(({ path, at }): UnsealPlace => ({ form: 'script', name: path, at }));
  return [...byName, ...byText.filter(({ name }) => !byName.some((place) => place.name === name))];
};

/** Every place of one service that brings unseal keys to it. */
export const unsealPlaces = (stack: Stack, service: Service): readonly UnsealPlace[] => [
  ...mounted(service),
  ...inEnvironment(service),
  ...inCommands(stack, service),
  ...inScripts(stack, service),
];
