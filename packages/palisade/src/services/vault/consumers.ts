import type { ComposeEdit } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { removeEnvironment, removeServiceItem } from '../../model/edits.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { tokenPlaces } from './tokens.ts';

/** True for a service that is told where Vault is, or is given a token of it. */
export const isConsumer = (stack: Stack, service: Service): boolean =>
  ['VAULT_ADDR', 'BAO_ADDR', 'VAULT_ROLE_ID_FILE'].some((name) => service.environment.has(name)) ||
  tokenPlaces(stack, service).length > 0;

/** Whether a service can be moved from a token to AppRole by edits of files alone. */
export type Switchability =
  | { readonly switchable: true }
  /** `why` is the end of a sentence about the service. */
  | { readonly switchable: false; readonly why: string };

/** Variables by which a program shows that it can log in with AppRole: the role-id's file, and the reference API's own. */
const loginVariables = ['VAULT_ROLE_ID_FILE', 'REFERENCE_API_POSTURE'] as const;

/** Kinds whose program is the user's own, or not known at all. */
const ownPrograms = new Set(['unknown', 'http-api']);

/**
 * Decides whether a service can be moved to AppRole by files alone. The hardened posture of a server brings an init
 * script that logs in, and a program that has the role-id's file already knows how. Of any other, nobody but its author
 * knows what reads the token, and taking it away would only break it.
 */
export const switchability = (service: Service): Switchability =>
  ownPrograms.has(service.kind) && !loginVariables.some((name) => service.environment.has(name))
    ? { switchable: false, why: 'has a program of its own, which has to learn to log in with AppRole first' }
    : { switchable: true };

/** Edits that take every token of Vault from a service and let it log in with AppRole; none where that would break it. */
export const consumerRemedy = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  if (!switchability(service).switchable) return [];
  const access = vaultAccess(stack, service);
  // Without a server in the stack nothing is known of the one outside.
  if (access.length === 0) return [];
  const places = tokenPlaces(stack, service);
  const variables = places.flatMap(({ form, name }) => (form === 'environment' ? [name] : []));
  const files = places.flatMap(({ form, at }) => (form === 'file' ? [at] : [])).toReversed();
  const known = new Set(access.map(({ path }) => path.join('.')));
  return [
    ...access,
    ...variables
      .flatMap((name) => removeEnvironment(stack, service, name))
      .filter(({ path }) => !known.has(path.join('.'))),
    ...files.flatMap((at) => removeServiceItem(stack, service, 'volumes', at)),
  ];
};
