import type { Control, Observation } from '../../../contracts/control.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { serviceResource } from '../../../model/index.ts';
import type { OriginTrick, ReflectedOrigin } from '../evidence.ts';
import { judgeAnswers, remedyFor } from '../observe.ts';
import { cwe, owaspApi } from '../references.ts';
import { httpServices } from '../reference-api.ts';

const originVariable = /CORS|ALLOWED?_ORIGIN/i;

const who: { readonly [Trick in OriginTrick]: string } = {
  any: 'any origin',
  wildcard: 'any origin (*)',
  null: 'the origin null, which any sandboxed frame has',
  suffix: 'origins that only begin like a trusted one',
  prefix: 'origins that only end like a trusted one',
};

const described = ({ trick, credentials }: ReflectedOrigin): string =>
  credentials ? `${who[trick]}, with the user's cookies` : who[trick];

function* judgeFiles(stack: Stack, service: Service): Generator<Observation> {
  const resource = serviceResource(service);
  const faults = [...service.environment].filter(
    ([name, { value }]) => originVariable.test(name) && /(?:^|[\s,"'[])\*(?:$|[\s,"'\]])/.test(value ?? ''),
  );
  for (const [name, { at }] of faults)
    yield {
      outcome: 'fail',
      resource,
      key: name,
      at,
      message: `${service.name} lets pages of every origin read its answers (${name})`,
      remedy: remedyFor(stack, service, `Give ${name} of ${service.name} the exact origins that need it, or none.`),
    };
  if (faults.length === 0)
    yield { outcome: 'pass', resource, message: 'no variable lets every origin in', at: service.at };
}

/** A03: no page of a foreign origin reads answers. */
export const control: Control<'http'> = {
  id: 'http-api/no-foreign-origins',
  aliases: ['A03'],
  title: 'Pages of foreign origins cannot read answers',
  severity: 'medium',
  rationale:
    'Where any origin is reflected, each page that a user visits can call the service with the cookies of that user, or from inside of the network that the user is in, and read what comes back.',
  fix: 'Compare the origin with a list of whole origins, and send no Access-Control-Allow-Origin for any other.',
  references: [owaspApi('API8', '0xa8-security-misconfiguration'), cwe(942)],
  *static(stack) {
    for (const service of httpServices(stack)) yield* judgeFiles(stack, service);
  },
  live: {
    attack: 'read answers from a page of a foreign origin',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ origins }) => origins,
        (origins, name) =>
          origins.length > 0
            ? { outcome: 'fail', key: 'origins', message: `${name} lets in ${origins.map(described).join('; ')}` }
            : { outcome: 'pass', message: 'lets no foreign origin read its answers' },
      ),
  },
};
