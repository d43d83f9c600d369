import type { ComposeEdit } from '../contracts/change.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { appendToServiceKey, removeEnvironment, setEnvironment, setTopLevelKey } from './edits.ts';

/** The certificate of Vault's authority, on the host and in the container. It is public. */
export const vaultAuthority = { host: './certs/ca/ca.pem', container: '/vault-ca/ca.pem' } as const;

/** Variables in which a client of Vault takes a token, or stops verifying the server. */
const dropped = ['VAULT_TOKEN', 'BAO_TOKEN', 'VAULT_SKIP_VERIFY', 'BAO_SKIP_VERIFY'] as const;

/** The Vault service that a service calls; the first of the stack where none of its edges tells. */
export const vaultOf = (stack: Stack, service: Service): Service | undefined => {
  const servers = [...stack.services.values()].filter(({ kind }) => kind === 'vault');
  const called = stack.edges.filter(({ from }) => from === service.name).map(({ to }) => to);
  return servers.find(({ name }) => called.includes(name)) ?? servers[0];
};

/**
 * How every service of the hardened posture reaches Vault, as edits of the Compose file: verified TLS, role-id and
 * secret-id as file secrets, no token. All kinds take it from here, so that equal edits fall together in a plan. Empty
 * where the stack has no Vault or the service has all of it already.
 */
export const vaultAccess = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const vault = vaultOf(stack, service);
  if (vault === undefined || vault.name === service.name) return [];
  const { name } = service;
  const credentials = ['role-id', 'secret-id'] as const;
  return [
    ...setEnvironment(stack, name, 'VAULT_ADDR', `https://${vault.name}:8200`),
    ...setEnvironment(stack, name, 'VAULT_CACERT', vaultAuthority.container),
    ...setEnvironment(stack, name, 'VAULT_ROLE_ID_FILE', `/run/secrets/${name}-role-id`),
    ...setEnvironment(stack, name, 'VAULT_SECRET_ID_FILE', `/run/secrets/${name}-secret-id`),
    ...credentials.flatMap((each) =>
      setTopLevelKey(stack, ['secrets', `${name}-${each}`], { file: `./secrets/${name}/${each}` }),
    ),
    ...credentials.flatMap((each) => appendToServiceKey(stack, name, ['secrets'], `${name}-${each}`)),
    ...appendToServiceKey(stack, name, ['volumes'], `${vaultAuthority.host}:${vaultAuthority.container}:ro`),
    ...dropped.flatMap((variable) => removeEnvironment(stack, name, variable)),
  ];
};
