import type { Observation, Resource } from '../contracts/control.ts';
import type { Confinement, Evidence } from '../contracts/evidence.ts';
import type { Service, Stack } from '../contracts/stack.ts';

/** One thing that is wrong with a running container. */
export interface ContainerFault {
  /** One sentence, without a secret. */
  readonly message: string;
  /** Tells this fault from others of the same control and service; the same as the static part's where it is the same matter. */
  readonly key?: string;
}

/** What a control asks of every running container. */
export interface ContainerQuestion {
  readonly faults: (container: Confinement, service: Service, stack: Stack) => Iterable<ContainerFault>;
  /** What to say of a container without a fault. */
  readonly sound: string;
  /** Why the kernel's view is not needed: the engine's settings tell all. By default a container that it does not show is unknown. */
  readonly settingsOnly?: true;
}

/**
 * Asks one question of every running container. A service that runs without one is passed over in silence: its files
 * speak for it, and nothing that is asked of a container applies to a process.
 */
export const askEachContainer = ({ faults, sound, settingsOnly }: ContainerQuestion) =>
  function* observe(stack: Stack, evidence: Evidence<'container'>): Generator<Observation> {
    for (const [name, answer] of evidence.of('container')) {
      const service = stack.services.get(name);
      if (service === undefined) continue;
      const resource: Resource = { type: 'service', name };
      if (!answer.known) {
        yield { outcome: 'unknown', resource, message: answer.why };
        continue;
      }
      const container = answer.value;
      if (!container.contained) continue;
      const found = [...faults(container, service, stack)];
      for (const fault of found) yield { outcome: 'fail', resource, ...fault };
      if (found.length > 0) continue;
      yield container.process.known || settingsOnly === true
        ? { outcome: 'pass', resource, message: sound }
        : { outcome: 'unknown', resource, message: container.process.why };
    }
  };
