import { kinds } from '../../catalog.generated.ts';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import type { Stack } from '../../contracts/stack.ts';

/** Tokens and logins that work in a posture and have to be dead in the next one, as the kinds of its services know them. */
export const formerCredentialsOf = (stack: Stack): NonNullable<ProbeTarget['formerCredentials']> => {
  const written = [...stack.services.values()].map((service) => ({
    service: service.name,
    ...kinds.find(({ id }) => id === service.kind)?.writtenCredentials?.(stack, service),
  }));
  const tokens = new Map(written.flatMap((each) => (each.tokens ?? []).map((token) => [token.reveal(), token])));
  return {
    tokens: [...tokens.values()],
    logins: written.flatMap(({ service, logins = [] }) => logins.map((login) => ({ service, ...login }))),
  };
};
