import type { Change } from '../contracts/change.ts';
import type { Observation, Resource } from '../contracts/control.ts';
import type { Location } from '../contracts/location.ts';
import type { Service, Stack } from '../contracts/stack.ts';

/** One thing that is wrong with a resource. */
export interface Fault {
  /** One sentence, without a secret. */
  readonly message: string;
  readonly at: Location;
  /** Tells this fault from others of the same control and resource: a port, a variable's name. */
  readonly key?: string;
  readonly remedy?: readonly Change[];
}

/** What a control asks of every service. */
export interface ServiceQuestion {
  /** Why the question does not arise for this service; undefined where it does. */
  readonly inapplicable?: (service: Service, stack: Stack) => string | undefined;
  /** What is wrong with the service; nothing where it is sound. */
  readonly faults: (service: Service, stack: Stack) => Iterable<Fault>;
  /** Why nobody can tell whether a service without a fault is sound; undefined where it is. */
  readonly undetermined?: (service: Service, stack: Stack) => string | undefined;
  /** What to say of a service without a fault. */
  readonly sound: string;
}

/** The observation that a fault makes about a resource. */
export const failure = (resource: Resource, { remedy, ...fault }: Fault): Observation => ({
  outcome: 'fail',
  resource,
  ...fault,
  ...(remedy === undefined || remedy.length === 0 ? {} : { remedy }),
});

/**
 * Asks one question of every service, also of those whose profile is not active: a debug service that a flag starts is
 * part of the posture. Each fault is a failure of its own; a service without one passes.
 */
export const askEachService = ({ inapplicable, faults, undetermined, sound }: ServiceQuestion) =>
  function* observe(stack: Stack): Generator<Observation> {
    for (const service of stack.services.values()) {
      const resource: Resource = { type: 'service', name: service.name };
      const reason = inapplicable?.(service, stack);
      if (reason !== undefined) {
        yield { outcome: 'not-applicable', resource, message: reason, at: service.at };
        continue;
      }
      const found = [...faults(service, stack)];
      for (const fault of found) yield failure(resource, fault);
      if (found.length > 0) continue;
      const doubt = undetermined?.(service, stack);
      yield doubt === undefined
        ? { outcome: 'pass', resource, message: sound, at: service.at }
        : { outcome: 'unknown', resource, message: doubt, at: service.at };
    }
  };
