import type { Answer } from '../../../contracts/evidence.ts';
import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import { ask, known, unknown } from '../answers.ts';
import type { HttpEvidence, RouteAnswers } from '../evidence.ts';
import { judgeHeaders } from './headers.ts';
import { reflectedOrigins } from './origins.ts';
import { provokeLeaks } from './provoke.ts';
import { type Origin, send } from './request.ts';
import { documentedRoutes } from './document.ts';
import { findIssuer } from './issuer.ts';
import { tryLimit } from './limits.ts';
import { businessPaths, findExposed, judgeRoutes } from './routes.ts';
import { findSurface } from './surface.ts';
import { type TokenTarget, tryTokens } from './tokens.ts';
import { probeTls } from './tls.ts';

const tlsFacts = async (
  origin: Origin,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<Pick<HttpEvidence, 'protocols' | 'certificate'>> =>
  origin.scheme === 'http'
    ? { protocols: known([]), certificate: unknown('the service has no TLS') }
    : probeTls(
        origin.endpoint,
        {
          name: target.service.name,
          ...(target.authorities === undefined ? {} : { authorities: target.authorities }),
        },
        signal,
      );

/** The route that is attacked with tokens: one that asks for them, else one that should. */
const targetOf = (routes: Answer<RouteAnswers>): TokenTarget => {
  if (!routes.known) throw new Error(routes.why);
  const { locked, open } = routes.value;
  const [first = open.find(({ method }) => method === 'GET')?.path] = locked;
  if (first === undefined) throw new Error('no route is known that asks for credentials, or should');
  return { path: first, asks: locked.length > 0 };
};

/**
 * Looks at one HTTP service as a stranger, and as somebody with forged tokens: about 150 requests, at most four at once, each
 * bounded; GET, OPTIONS and malformed POSTs, none of which can change data. Statuses, headers and sorts of leaks are kept,
 * contents never.
 *
 * @throws PalisadeError `http-api/no-endpoint`, `http-api/no-answer` where the service cannot be asked at all.
 */
export const collect = async (target: ProbeTarget, signal: AbortSignal): Promise<HttpEvidence> => {
  const { origin, plaintextPorts } = await findSurface(target, signal);
  const documented = await documentedRoutes(origin, target.service, signal);
  const [businessPath = '/'] = businessPaths(documented);
  const routes = await ask(signal, () => judgeRoutes(origin, documented, signal));
  return {
    plaintextPorts,
    ...(await tlsFacts(origin, target, signal)),
    routes,
    exposed: await ask(signal, () => findExposed(origin, signal)),
    origins: await ask(signal, () => reflectedOrigins(origin, target.service, businessPath, signal)),
    leaks: await ask(signal, () => provokeLeaks(origin, documented, signal)),
    headers: await ask(signal, async () =>
      judgeHeaders((await send(origin, { path: businessPath }, signal)).headers, origin.scheme),
    ),
    tokens: await ask(signal, async () =>
      tryTokens(origin, targetOf(routes), await findIssuer(origin, target.service, signal), Date.now(), signal),
    ),
    // Last of all: it may use up what the service grants this address.
    limits: await ask(signal, async () => tryLimit(origin, targetOf(routes).path, signal)),
  };
};
