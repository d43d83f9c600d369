import type { ReachCell, ReachTry } from '../../contracts/evidence.ts';
import type { Stack } from '../../contracts/stack.ts';
import { relationOf } from '../../controls/units.ts';

/** A service's place in the networks, for working out what to try. */
export interface Place {
  readonly service: string;
  readonly attachments: readonly {
    readonly network: string;
    readonly address?: string;
    readonly address6?: string;
    /** Addresses that the host has in the network. */
    readonly gateways: readonly string[];
  }[];
  /** TCP ports on which it listens for others; what it declares where nobody could look. */
  readonly ports: readonly number[];
  readonly published: readonly { readonly hostAddress: string; readonly hostPort: number }[];
}

/** One connection to try. */
export type Attempt = Omit<ReachTry, 'outcome'> & { readonly to: string };

/** The discard port (RFC 863). Nobody listens on it, so a refusal says that the packets arrive. */
const DISCARD = 9;

/**
 * What a service could try to get at the others: each address of theirs on each port, over IPv4 and IPv6, and each port
 * that they publish on the gateways of its own networks, which are addresses of the host.
 */
export const attemptsFrom = (from: Place, others: readonly Place[]): readonly Attempt[] => {
  const gateways = [...new Set(from.attachments.flatMap((attachment) => attachment.gateways))];
  return others
    .filter(({ service }) => service !== from.service)
    .flatMap(({ service, attachments, ports, published }) => [
      ...attachments.flatMap(({ network, address, address6 }) =>
        [address, address6]
          .filter((each) => each !== undefined)
          .flatMap((each) =>
            (ports.length === 0 ? [DISCARD] : ports).map((port) => ({
              to: service,
              over: network,
              address: each,
              port,
            })),
          ),
      ),
      ...[...new Set(published.map(({ hostPort }) => hostPort))].flatMap((hostPort) =>
        gateways.map((gateway) => ({ to: service, over: 'host', address: gateway, port: hostPort })),
      ),
    ]);
};

/**
 * Whether the tries got to the other service: a refusal comes from its own kernel, so it was reached, where the address was
 * its own; a refusal of a gateway is one of the host, which says nothing of the service. Undefined where no try told.
 */
export const isReached = (tries: readonly ReachTry[]): boolean | undefined => {
  if (tries.some(({ outcome, over }) => outcome === 'open' || (outcome === 'refused' && over !== 'host'))) return true;
  return tries.length === 0 || tries.some(({ outcome }) => outcome === 'unknown') ? undefined : false;
};

/** A gateway is published on every address so that everybody calls it; what stores data has no such excuse. */
const isPublic = (stack: Stack, to: string, tries: readonly ReachTry[]): boolean => {
  const kind = stack.services.get(to)?.kind;
  const traits = kind === undefined ? undefined : stack.traits?.get(kind);
  return traits?.storesData === false && isReached(tries.filter(({ over }) => over !== 'host')) !== true;
};

const verdicts = {
  calls: { reached: 'declared', apart: 'broken' },
  answers: { reached: 'answering', apart: 'apart' },
  nothing: { reached: 'undeclared', apart: 'apart' },
} as const;

/** Compares what a service reached with what the project declares. */
export const cellsOf = (
  stack: Stack,
  from: string,
  others: readonly string[],
  tries: readonly (ReachTry & { readonly to: string })[],
): readonly ReachCell[] =>
  others
    .filter((to) => to !== from)
    .map((to) => {
      const own = tries
        .filter((each) => each.to === to)
        .map(({ over, address, port, outcome }) => ({ over, address, port, outcome }));
      const reached = isReached(own);
      if (reached === undefined) return { to, verdict: 'unknown', tries: own };
      const verdict = verdicts[relationOf(stack, from, to)][reached ? 'reached' : 'apart'];
      return { to, verdict: verdict === 'undeclared' && isPublic(stack, to, own) ? 'public' : verdict, tries: own };
    });
