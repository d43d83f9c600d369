import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import { ask, known, unknown } from '../answers.ts';
import type { HttpEvidence } from '../evidence.ts';
import { judgeHeaders } from './headers.ts';
import { reflectedOrigins } from './origins.ts';
import { provokeLeaks } from './provoke.ts';
import { type Origin, send } from './request.ts';
import { businessPaths, documentedRoutes, findExposed, judgeRoutes } from './routes.ts';
import { findSurface } from './surface.ts';
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

/**
 * Looks at one HTTP service as a stranger: about a hundred requests, at most four at once, each bounded; GET, OPTIONS and
 * malformed POSTs, none of which can change data. Statuses, headers and sorts of leaks are kept, contents never.
 *
 * @throws PalisadeError `http-api/no-endpoint`, `http-api/no-answer` where the service cannot be asked at all.
 */
export const collect = async (target: ProbeTarget, signal: AbortSignal): Promise<HttpEvidence> => {
  const { origin, plaintextPorts } = await findSurface(target, signal);
  const documented = await documentedRoutes(origin, signal);
  const [businessPath = '/'] = businessPaths(documented);
  return {
    plaintextPorts,
    ...(await tlsFacts(origin, target, signal)),
    routes: await ask(signal, () => judgeRoutes(origin, documented, signal)),
    exposed: await ask(signal, () => findExposed(origin, signal)),
    origins: await ask(signal, () => reflectedOrigins(origin, target.service, businessPath, signal)),
    leaks: await ask(signal, () => provokeLeaks(origin, documented, signal)),
    headers: await ask(signal, async () =>
      judgeHeaders((await send(origin, { path: businessPath }, signal)).headers, origin.scheme),
    ),
  };
};
