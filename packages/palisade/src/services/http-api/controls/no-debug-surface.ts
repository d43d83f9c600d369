import type { Control, Observation } from '../../../contracts/control.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { serviceResource } from '../../../model/index.ts';
import '../evidence.ts';
import { judgeAnswers, remedyFor, some } from '../observe.ts';
import { cwe, owaspApi } from '../references.ts';
import { httpServices } from '../reference-api.ts';

/** Variables by which frameworks show documentation and debuggers: FLASK_DEBUG, APP_DEBUG, ENABLE_DOCS, SWAGGER_ENABLED. */
const switchName =
  /^(?:[A-Z]+_)?DEBUG(?:_MODE)?$|^(?:ENABLE_|SHOW_)?(?:API_)?(?:DOCS|SWAGGER|OPENAPI|GRAPHIQL|PLAYGROUND)(?:_UI)?(?:_ENABLED)?$/i;
const isOn = (value: string | null): boolean => /^(?:1|t|true|y|yes|on|\*)$/i.test(value?.trim() ?? '');

function* judgeFiles(stack: Stack, service: Service): Generator<Observation> {
  const resource = serviceResource(service);
  const faults = [...service.environment].filter(([name, { value }]) => switchName.test(name) && isOn(value));
  for (const [name, { at }] of faults)
    yield {
      outcome: 'fail',
      resource,
      key: name,
      at,
      message: `${service.name} switches on what helps an attacker: ${name}`,
      remedy: remedyFor(
        stack,
        service,
        `Switch ${name} off in ${service.name}, as its program wants it, and check that documentation and debug pages are gone.`,
      ),
    };
  if (faults.length === 0)
    yield { outcome: 'pass', resource, message: 'switches neither documentation nor debugging on', at: service.at };
}

/** A02: documentation and debug pages are not for strangers. */
export const control: Control<'http'> = {
  id: 'http-api/no-debug-surface',
  aliases: ['A02'],
  title: 'Documentation and debug pages are not shown to strangers',
  severity: 'medium',
  rationale:
    'A list of all routes, a metrics page or a debugger spares an attacker the work of finding out what there is. Debug consoles of some frameworks run what they are given.',
  fix: 'Switch documentation, debugging and profiling off in production, or ask for credentials there.',
  references: [owaspApi('API9', '0xa9-improper-inventory-management'), cwe(489)],
  checklist: ['endpoint-authentication'],
  *static(stack) {
    for (const service of httpServices(stack)) yield* judgeFiles(stack, service);
  },
  live: {
    attack: 'read documentation, metrics and debug pages',
    needs: ['http'],
    assess: (stack, evidence) =>
      judgeAnswers(
        stack,
        evidence,
        ({ exposed }) => exposed,
        (exposed, name) =>
          exposed.length > 0
            ? {
                outcome: 'fail',
                key: 'exposed',
                message: `${name} shows strangers ${some(exposed.map(({ path }) => path))}`,
              }
            : { outcome: 'pass', message: 'shows no documentation, metrics or debug pages' },
      ),
  },
};
