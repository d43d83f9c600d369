import type { AnyControl, Observation } from '../../contracts/control.ts';
import type { Evidence, EvidenceName } from '../../contracts/evidence.ts';
import type { Stack } from '../../contracts/stack.ts';
import { messageOf } from '../../support/errors.ts';
import { resourceKey } from './resource.ts';
import type { Need } from './relevance.ts';

/** An observation, and which side of the control made it. */
export interface Sighting {
  readonly source: 'static' | 'live';
  readonly observation: Observation;
}

/** Collects what a control yields; what it throws becomes one more observation, so that no other control suffers. */
const gather = (source: Sighting['source'], yieldAll: () => Iterable<Observation>): Sighting[] => {
  const sightings: Sighting[] = [];
  try {
    for (const observation of yieldAll()) sightings.push({ source, observation });
  } catch (error) {
    sightings.push({
      source,
      observation: {
        outcome: 'unknown',
        resource: { type: 'project' },
        message: `the control could not be evaluated: ${messageOf(error)}`,
      },
    });
  }
  return sightings;
};

/** Runs the static part; no sightings where there is none. */
export const observeStatic = (control: AnyControl, stack: Stack): readonly Sighting[] => {
  const assess = control.static;
  return assess === undefined ? [] : gather('static', () => assess(stack));
};

/**
 * Runs the live part, then sees to it that silence is not taken for consent: a service whose evidence is missing or
 * unknown, and about which the control said nothing, gets an unknown with the reason.
 */
export const observeLive = (
  control: AnyControl,
  stack: Stack,
  evidence: Evidence<EvidenceName>,
  needs: readonly Need[],
): readonly Sighting[] => {
  const live = control.live;
  if (live === undefined) return [];
  const sightings = gather('live', () => live.assess(stack, evidence));
  const spoken = new Set(sightings.map(({ observation }) => resourceKey(observation.resource)));
  const missing = new Map<string, Sighting>();
  for (const need of needs) {
    const answer = evidence.of(need.evidence).get(need.service);
    if (answer?.known === true || spoken.has(`service:${need.service}`) || missing.has(need.service)) continue;
    missing.set(need.service, {
      source: 'live',
      observation: {
        outcome: 'unknown',
        resource: { type: 'service', name: need.service },
        message:
          answer === undefined
            ? `${need.service} was not asked for its ${need.evidence} evidence`
            : `${need.service} could not be asked for its ${need.evidence} evidence: ${answer.why}`,
      },
    });
  }
  return [...sightings, ...missing.values()];
};
