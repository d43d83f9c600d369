import type { Service } from '../../../contracts/stack.ts';
import { mapConcurrently } from '../../../support/concurrency.ts';
import type { OriginTrick, ReflectedOrigin } from '../evidence.ts';
import { type Origin, type Reply, send } from './request.ts';

/** A name that nobody can register, RFC 2606. */
const foreign = 'palisade-probe.example';

/** Origins that a service's environment says it trusts; at most two. */
const trustedOrigins = (service: Service): readonly URL[] =>
  [...service.environment]
    .filter(([name]) => /CORS|ORIGIN/i.test(name))
    .flatMap(([, { value }]) => value?.match(/https?:\/\/[\w.-]+(?::\d+)?/g) ?? [])
    .map((text) => new URL(text))
    .slice(0, 2);

/** Foreign origins, by the mistake in a check that would let them in. */
const foreignOrigins = (service: Service): readonly { readonly trick: OriginTrick; readonly origin: string }[] => {
  const trusted = trustedOrigins(service);
  const hosts = trusted.length === 0 ? [new URL(`https://${service.name}`)] : trusted;
  return [
    { trick: 'any', origin: `https://${foreign}` },
    { trick: 'null', origin: 'null' },
    ...hosts.flatMap(({ protocol, host, hostname }) => [
      { trick: 'suffix' as const, origin: `${protocol}//${hostname}.${foreign}` },
      { trick: 'prefix' as const, origin: `${protocol}//palisade-probe-${host}` },
    ]),
  ];
};

const judge = (trick: OriginTrick, origin: string, { headers }: Reply): ReflectedOrigin | undefined => {
  const allowed = headers['access-control-allow-origin'];
  const credentials = headers['access-control-allow-credentials'] === 'true';
  if (allowed === '*') return { trick: 'wildcard', credentials: false };
  return allowed === origin ? { trick, credentials } : undefined;
};

/**
 * The foreign origins whose pages may read answers. Where every origin may, the tricks say nothing more and are left
 * out. Rejects where no answer came and nothing was found.
 */
export const reflectedOrigins = async (
  target: Origin,
  service: Service,
  path: string,
  signal: AbortSignal,
): Promise<readonly ReflectedOrigin[]> => {
  const questions = foreignOrigins(service).flatMap(({ trick, origin }) =>
    (['GET', 'OPTIONS'] as const).map((method) => ({ trick, origin, method })),
  );
  const answers = await mapConcurrently(questions, 4, async ({ trick, origin, method }) => {
    const headers = { origin, ...(method === 'OPTIONS' ? { 'access-control-request-method': 'GET' } : {}) };
    try {
      return { answered: true, found: judge(trick, origin, await send(target, { method, path, headers }, signal)) };
    } catch {
      signal.throwIfAborted();
      return { answered: false, found: undefined };
    }
  });
  const found = answers.flatMap((answer) => answer.found ?? []);
  const silent = answers.filter(({ answered }) => !answered).length;
  if (found.length === 0 && silent > 0) throw new Error(`${silent} of ${answers.length} requests gave no answer`);
  const whole = found.filter(({ trick }) => trick === 'any' || trick === 'wildcard');
  const kept = whole.length > 0 ? whole : found;
  return [
    ...new Map(
      kept.toSorted((a, b) => Number(a.credentials) - Number(b.credentials)).map((each) => [each.trick, each]),
    ).values(),
  ];
};
