import type { Change } from '../../contracts/change.ts';
import type { Observation, Resource } from '../../contracts/control.ts';
import type { Evidence } from '../../contracts/evidence.ts';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import type { RedisEvidence } from './evidence.ts';
import { harden } from './harden.ts';

/** What a control makes of one server. */
export type Verdict =
  | { readonly outcome: 'pass' | 'unknown' | 'not-applicable'; readonly message: string; readonly at?: Location }
  | {
      readonly outcome: 'fail';
      readonly message: string;
      readonly at?: Location;
      readonly key?: string;
      /** False where files of the hardened posture do not clear it. */
      readonly byFiles?: boolean;
    };

const servers = (stack: Stack): readonly Service[] =>
  [...stack.services.values()].filter(({ kind }) => kind === 'redis');

const observation = (stack: Stack, service: Service, verdict: Verdict): Observation => {
  const resource: Resource = { type: 'service', name: service.name };
  if (verdict.outcome !== 'fail') return { resource, ...verdict };
  const { byFiles = true, ...said } = verdict;
  const remedy: readonly Change[] = byFiles ? harden(stack, service) : [];
  return { resource, ...said, ...(remedy.length === 0 ? {} : { remedy }) };
};

/** Asks the project's files about every server. A failure is remedied by the hardened posture as a whole. */
export const askFiles = (judge: (service: Service, stack: Stack) => Iterable<Verdict>) =>
  function* observe(stack: Stack): Generator<Observation> {
    for (const service of servers(stack))
      for (const verdict of judge(service, stack)) yield observation(stack, service, verdict);
  };

/** Asks the evidence of every server that was probed. A server that could not be probed is unknown. */
export const askServers = (judge: (evidence: RedisEvidence, service: Service, stack: Stack) => Iterable<Verdict>) =>
  function* observe(stack: Stack, evidence: Evidence<'redis'>): Generator<Observation> {
    const answers = evidence.of('redis');
    for (const service of servers(stack)) {
      const answer = answers.get(service.name);
      if (answer === undefined) continue;
      if (answer.known)
        for (const verdict of judge(answer.value, service, stack)) yield observation(stack, service, verdict);
      else yield observation(stack, service, { outcome: 'unknown', message: answer.why });
    }
  };

/** An unknown with the reason of an unanswered question. */
export const unanswered = ({ why }: { readonly why: string }): Verdict => ({ outcome: 'unknown', message: why });
