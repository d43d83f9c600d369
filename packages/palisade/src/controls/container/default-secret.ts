import type { ComposeEdit } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Interpolation } from '../../contracts/location.ts';
import type { Stack } from '../../contracts/stack.ts';
import { setEnvironment } from '../../model/index.ts';
import { askEachService } from '../question.ts';
import { canBeSecretValue, isSecretName, isVaultToken, addressPasswords } from '../secret-names.ts';
import { type Setting, commandLines, namedSettings } from '../service-texts.ts';
import { findVariable } from '../source-text.ts';

/** True where the text behind `:-` is a secret that works. */
const isUsableDefault = (setting: Setting, { operator, operand = '', variable }: Interpolation): boolean => {
  if (operator !== ':-' && operator !== '-') return false;
  if (isVaultToken(variable) || isVaultToken(setting.name ?? '')) return false;
  if (addressPasswords(operand).length > 0) return true;
  const isWhole = /^\s*\$\{[\s\S]*\}\s*$/.test(setting.located.raw ?? '');
  const isSecret = isSecretName(variable) || (isWhole && isSecretName(setting.name ?? ''));
  return isSecret && canBeSecretValue(operand);
};

/** `${PW:-x}` as `${PW:?…}`: only for a variable that is set, or the service would not start. */
const withoutDefault = (
  stack: Stack,
  service: string,
  setting: Setting,
  found: Interpolation,
): readonly ComposeEdit[] => {
  const { name, located } = setting;
  const isOnly = located.raw === `\${${found.variable}${found.operator}${found.operand ?? ''}}`;
  if (name === undefined || !setting.place.startsWith('the variable') || !isOnly) return [];
  if (found.source !== 'environment' && found.source !== 'env-file') return [];
  return setEnvironment(stack, service, name, `\${${found.variable}:?${found.variable} has to be set}`);
};

/** C23: no secret falls back to a value that is known to everybody who reads the file. */
export const control: Control = {
  id: 'container/default-secret',
  aliases: ['C23'],
  title: 'No secret has a usable default',
  severity: 'high',
  rationale:
    'With `${PASSWORD:-changeme}` a forgotten variable goes unnoticed: the service starts, and its password is the one in the repository.',
  fix: 'Write `${PASSWORD:?PASSWORD has to be set}`, so that a start without the secret fails and says why.',
  references: [
    {
      source: 'Compose specification, interpolation',
      url: 'https://docs.docker.com/reference/compose-file/interpolation/',
    },
  ],
  static: askEachService({
    sound: 'has no secret with a default',
    *faults(service, stack) {
      for (const setting of [...namedSettings(service), ...commandLines(service)])
        for (const found of setting.located.interpolations ?? []) {
          if (!isUsableDefault(setting, found)) continue;
          const { variable } = found;
          yield {
            message: `${service.name} takes a known default for ${variable} in ${setting.place}`,
            at:
              setting.name === undefined
                ? (findVariable(stack, setting.located.at, variable) ?? setting.located.at)
                : setting.located.at,
            key: `${setting.place} ${variable}`,
            remedy: withoutDefault(stack, service.name, setting, found),
          };
        }
    },
  }),
};
