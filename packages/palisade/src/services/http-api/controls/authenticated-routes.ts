import type { Control } from '../../../contracts/control.ts';
import type { AnsweredRoute } from '../evidence.ts';
import { judgeAnswers, some } from '../observe.ts';
import { cwe, owaspApi } from '../references.ts';

const described = ({ method, path, status, with: sent }: AnsweredRoute): string =>
  `${method} ${path} (${status}${sent === undefined ? '' : `, with ${sent}`})`;

/** A01: business routes ask who calls. */
export const control: Control<'http'> = {
  id: 'http-api/authenticated-routes',
  aliases: ['A01'],
  title: 'Business routes ask for credentials',
  severity: 'high',
  rationale:
    'A route that answers without credentials hands its data to whoever reaches the port, and lets them change it. No attack is needed: one request is enough.',
  fix: 'Deny by default: let every route name who may call it, and answer all others with 401.',
  references: [owaspApi('API2', '0xa2-broken-authentication'), cwe(306)],
  checklist: ['endpoint-authentication'],
  live: {
    attack: 'call the business routes without credentials',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ routes }) => routes,
        ({ open, guarded, unanswered, public: declared, untried, absent }, name) => {
          if (open.length > 0) {
            const routes = some(open.map(described));
            return { outcome: 'fail', key: 'routes', message: `${name} answers without credentials: ${routes}` };
          }
          if (unanswered > 0) return { outcome: 'unknown', message: `${unanswered} routes gave no usable answer` };
          if (guarded === 0)
            return {
              outcome: 'unknown',
              message: 'no business route is known: nothing documents them and none of the usual paths exists',
            };
          const rest = [
            ...(declared.length > 0 ? [`declared to be for everybody: ${some(declared)}`] : []),
            ...(absent > 0 ? [`declared and not there: ${absent}`] : []),
            ...(untried > 0 ? [`not tried, as that could change data: ${untried}`] : []),
          ];
          return {
            outcome: 'pass',
            message: [`asks for credentials on ${guarded} routes that were tried`, ...rest].join('; '),
          };
        },
      ),
  },
};
