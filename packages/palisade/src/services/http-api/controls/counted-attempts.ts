import type { Control, Observation } from '../../../contracts/control.ts';
import type { Stack } from '../../../contracts/stack.ts';
import { serviceResource } from '../../../model/index.ts';
import type { LimitAnswers } from '../evidence.ts';
import { harden } from '../harden.ts';
import { judgeAnswers, type Verdict } from '../observe.ts';
import { cwe, owaspApi, rfc } from '../references.ts';
import { httpServices, isHardened, isReferenceApi, postureVariable } from '../reference-api.ts';

function* judgeFiles(stack: Stack): Generator<Observation> {
  for (const service of httpServices(stack).filter(isReferenceApi)) {
    const resource = serviceResource(service);
    yield isHardened(service)
      ? { outcome: 'pass', resource, message: 'counts the requests of each caller', at: service.at }
      : {
          outcome: 'fail',
          resource,
          key: postureVariable,
          at: service.environment.get(postureVariable)?.at ?? service.at,
          message: `${service.name} counts no requests in this posture`,
          remedy: harden(stack, service),
        };
  }
}

const judge = (
  stack: Stack,
  { path, sent, refusedAfter, retryAfter, declared }: LimitAnswers,
  name: string,
): Verdict => {
  if (refusedAfter !== undefined)
    return retryAfter === true
      ? { outcome: 'pass', message: `answers 429 with Retry-After after ${refusedAfter} wrong tokens in a burst` }
      : {
          outcome: 'fail',
          key: 'retry-after',
          message: `${name} answers 429 without Retry-After, so that callers who mean well come back at once`,
        };
  if (declared === undefined) {
    const service = stack.services.get(name);
    if (service !== undefined && isReferenceApi(service) && !isHardened(service))
      return {
        outcome: 'fail',
        key: 'none',
        message: `${name} answers ${sent} wrong tokens in a burst, and counts no requests in this posture`,
      };
    return {
      outcome: 'unknown',
      message: `${sent} wrong tokens in a burst at GET ${path} were answered without a sign of a limit; one above that shows in no answer`,
    };
  }
  if (declared.limit < sent)
    return {
      outcome: 'fail',
      key: 'limit',
      message: `${name} declares a limit of ${declared.limit} requests and answers ${sent} wrong tokens in a burst`,
    };
  return declared.counted
    ? { outcome: 'pass', message: `counts each wrong token toward its limit of ${declared.limit} requests` }
    : {
        outcome: 'fail',
        key: 'uncounted',
        message: `${name} declares a limit of ${declared.limit} requests, and wrong tokens do not count toward it`,
      };
};

/** A08: whoever tries credentials is counted. Of programs other than the reference API only their answers can tell. */
export const control: Control<'http'> = {
  id: 'http-api/counted-attempts',
  aliases: ['A08'],
  title: 'Attempts with wrong credentials are counted and slowed down',
  severity: 'medium',
  rationale:
    'Where refused requests are not counted, keys and tokens can be tried as fast as the network allows, and the work of checking them keeps the service from everybody else.',
  fix: 'Count requests before credentials are checked, answer 429 with Retry-After beyond the limit, and declare it in RateLimit-Policy.',
  references: [owaspApi('API4', '0xa4-unrestricted-resource-consumption'), rfc(6585, '4'), cwe(307)],
  checklist: ['rate-limiting'],
  static: judgeFiles,
  live: {
    attack: 'try many wrong tokens in a burst without being counted',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ limits }) => limits,
        (limits, name) => judge(stack, limits, name),
      ),
  },
};
