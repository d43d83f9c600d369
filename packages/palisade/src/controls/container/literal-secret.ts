import type { Control } from '../../contracts/control.ts';
import type { Stack } from '../../contracts/stack.ts';
import type { Fault } from '../question.ts';
import { askEachService } from '../question.ts';
import {
  addressPasswords,
  canBeSecretValue,
  commandSecrets,
  hasTokenShape,
  isSecretName,
  isVaultToken,
} from '../secret-names.ts';
import { type Setting, commandLines, namedSettings } from '../service-texts.ts';
import { findWritten } from '../source-text.ts';

/** What the user wrote out; variables stay variables. */
const written = ({ located }: Setting): string =>
  located.interpolations === undefined ? located.value : (located.raw ?? '');

const inNamed = (service: string, setting: Setting): readonly Fault[] => {
  const { name = '', place, located } = setting;
  if (isVaultToken(name)) return [];
  const isLiteral = located.interpolations === undefined && isSecretName(name) && canBeSecretValue(located.value);
  const fault = (what: string): readonly Fault[] => [
    { message: `${service} has ${what} written out in ${place}`, at: located.at, key: name },
  ];
  if (addressPasswords(written(setting)).length > 0) return fault('the password of an address');
  if (hasTokenShape(written(setting))) return fault('a key or token');
  return isLiteral ? fault('a secret') : [];
};

const inCommand = (stack: Stack, service: string, { place, located }: Setting): readonly Fault[] =>
  commandSecrets(located.value).flatMap(({ name, value }) => {
    const at = findWritten(stack, located.at, value);
    return at === undefined
      ? []
      : [{ message: `${service} has a secret written out in ${place} (${name})`, at, key: `${place} ${name}` }];
  });

/** C22: no secret is written out in the project. */
export const control: Control = {
  id: 'container/literal-secret',
  aliases: ['C22'],
  title: 'No secret is written out',
  severity: 'high',
  rationale:
    'A secret in a Compose file is read by everybody who reads the repository, its history and its backups; in an environment or a command line also by every process of the host that may look at the container.',
  fix: 'Fetch the secret from Vault at start, or hand it over as a file: `secrets:` with the `_FILE` variant of the variable.',
  references: [
    { source: 'Compose specification, secrets', url: 'https://docs.docker.com/reference/compose-file/secrets/' },
  ],
  static: askEachService({
    sound: 'has no secret written out',
    *faults(service, stack) {
      for (const setting of namedSettings(service)) yield* inNamed(service.name, setting);
      for (const setting of commandLines(service)) yield* inCommand(stack, service.name, setting);
    },
  }),
};
