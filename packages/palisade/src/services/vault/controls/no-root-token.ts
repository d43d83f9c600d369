import type { Control, Observation } from '../../../contracts/control.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { consumerRemedy, isConsumer, switchability } from '../consumers.ts';
import { harden } from '../harden.ts';
import { serviceNamed } from '../observe.ts';
import { productionHardening, tokens } from '../references.ts';
import { type TokenPlace, tokenPlaces } from '../tokens.ts';

const described = ({ form, name }: TokenPlace): string => {
  if (form === 'environment') return `in ${name}`;
  return form === 'argument' ? `as the argument ${name}` : `in the file ${name}`;
};

/** Why files alone do not help, where they do not. */
const reserve = (service: Service): string => {
  const decision = service.kind === 'vault' ? { switchable: true as const } : switchability(service);
  return decision.switchable ? '' : `; it ${decision.why}`;
};

function* judge(stack: Stack, service: Service): Generator<Observation> {
  const resource = serviceNamed(service.name);
  const places = tokenPlaces(stack, service);
  const [first] = places;
  if (first === undefined) {
    if (service.kind === 'vault' || isConsumer(stack, service))
      yield { outcome: 'pass', resource, message: 'is given no token of Vault', at: service.at };
    return;
  }
  const remedy = service.kind === 'vault' ? harden(stack, service) : consumerRemedy(stack, service);
  yield {
    outcome: 'fail',
    resource,
    message: `${service.name} is given a token of Vault ${places.map(described).join(' and ')}${reserve(service)}`,
    at: first.at,
    key: first.name,
    ...(remedy.length === 0 ? {} : { remedy }),
  };
}

/** V07: no service is given a root token, or any token that somebody else made. */
export const control: Control = {
  id: 'vault/no-root-token',
  aliases: ['V07'],
  title: 'No service is given a token of Vault',
  severity: 'critical',
  rationale:
    'A token in the environment is shown by `docker inspect`, by /proc and by every crash report, does not end, and cannot be told from another service’s. A root token there lets whoever takes over the least important service read and change everything.',
  fix: 'Let the service log in with an AppRole of its own: VAULT_ROLE_ID_FILE and VAULT_SECRET_ID_FILE from Compose secrets. A program of your own that reads VAULT_TOKEN has to learn that first; then remove the variable.',
  references: [productionHardening, tokens],
  checklist: ['no-root-token', 'approle'],
  *static(stack) {
    for (const service of stack.services.values()) yield* judge(stack, service);
  },
};
