import type { Control, Observation } from '../../../contracts/control.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { harden } from '../harden.ts';
import { serviceNamed } from '../observe.ts';
import { seal } from '../references.ts';
import { holdsUnsealKeys, unsealPlaces } from '../unseal-keys.ts';

function* judgeService(stack: Stack, service: Service): Generator<Observation> {
  const resource = serviceNamed(service.name);
  const places = unsealPlaces(stack, service);
  for (const { form, name, at } of places) {
    const remedy = service.kind === 'vault' ? harden(stack, service) : [];
    const what = {
      mount: `unseal keys are mounted at ${name}`,
      environment: `${name} holds unseal keys or says where they are`,
      command: 'it is unsealed by its own command, so the keys are within its reach',
      script: `the script ${name} unseals it, so the keys are within its reach`,
    }[form];
    yield {
      outcome: 'fail',
      resource,
      message: `${service.name}: ${what}`,
      at,
      key: name,
      ...(remedy.length === 0 ? {} : { remedy }),
    };
  }
  if (places.length === 0 && service.kind === 'vault')
    yield { outcome: 'pass', resource, message: 'no unseal key is within its reach', at: service.at };
}

/** V09: the keys that unseal Vault do not lie beside it. */
export const control: Control = {
  id: 'vault/no-unseal-keys',
  aliases: ['V09'],
  title: 'Unseal keys are not kept beside the server',
  severity: 'critical',
  rationale:
    'The seal protects the data of a stolen disk or backup only as long as the keys are somewhere else. All of them in one file beside the server make it a lock with the key in it.',
  fix: 'Give each share to another person, encrypted (`palisade` writes them for age recipients), or use auto-unseal; then delete the file and rekey.',
  references: [seal],
  *static(stack) {
    for (const service of stack.services.values()) yield* judgeService(stack, service);
    for (const { path } of stack.files.values())
      if (holdsUnsealKeys(path))
        yield {
          outcome: 'fail',
          resource: { type: 'file', name: path },
          message: `${path} holds unseal keys, by its name`,
          at: { file: path, line: 1, column: 1 },
        };
  },
};
