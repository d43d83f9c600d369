import type { Control } from '../../contracts/control.ts';
import type { Interpolation } from '../../contracts/location.ts';
import { askEachService } from '../question.ts';
import { isSecretName } from '../secret-names.ts';
import { type Setting, commandLines, namedSettings } from '../service-texts.ts';
import { findVariable } from '../source-text.ts';

/** True where a variable that is not set leaves nothing in a place that wants a secret. */
const isEmptySecret = (setting: Setting, { variable, operator, operand = '', source }: Interpolation): boolean => {
  if (source !== 'unset' && !(source === 'default' && operand === '')) return false;
  if (operator === '?' || operator === ':?' || operator === '+' || operator === ':+') return false;
  if (isSecretName(variable)) return true;
  return setting.located.value === '' && isSecretName(setting.name ?? '');
};

/** C24: no secret is empty because nobody set its variable. */
export const control: Control = {
  id: 'container/empty-secret',
  aliases: ['C24'],
  title: 'No secret is empty for want of a variable',
  severity: 'high',
  rationale:
    'Compose puts nothing in place of a variable that is not set, and merely warns: a server may then start without any password, and be healthy.',
  fix: 'Set the variable, and write `${NAME:?NAME has to be set}`, so that a start without it fails.',
  references: [
    {
      source: 'Compose specification, interpolation',
      url: 'https://docs.docker.com/reference/compose-file/interpolation/',
    },
  ],
  static: askEachService({
    sound: 'has no secret that is empty for want of a variable',
    *faults(service, stack) {
      for (const setting of [...namedSettings(service), ...commandLines(service)])
        for (const found of setting.located.interpolations ?? []) {
          if (!isEmptySecret(setting, found)) continue;
          yield {
            message: `${service.name} gets an empty secret in ${setting.place}: ${found.variable} is not set`,
            at:
              setting.name === undefined
                ? (findVariable(stack, setting.located.at, found.variable) ?? setting.located.at)
                : setting.located.at,
            key: `${setting.place} ${found.variable}`,
          };
        }
    },
  }),
};
