import type { Change } from '../../contracts/change.ts';
import type { Observation, Resource } from '../../contracts/control.ts';
import type { Answer, Evidence } from '../../contracts/evidence.ts';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { servicesOfKind } from '../../model/index.ts';
import type { PgbouncerEvidence } from './evidence.ts';
import { harden } from './harden.ts';
import { type Posture, postureOf } from './posture.ts';

/** What a control makes of one pooler. */
export type Verdict =
  | { readonly outcome: 'pass' | 'unknown' | 'not-applicable'; readonly message: string; readonly at?: Location }
  | { readonly outcome: 'fail'; readonly message: string; readonly at?: Location; readonly key?: string };

/** The configuration of a pooler, once it is known. */
export type KnownPosture = Extract<Posture, { readonly state: 'known' }>;

const observation = (stack: Stack, service: Service, verdict: Verdict): Observation => {
  const resource: Resource = { type: 'service', name: service.name };
  if (verdict.outcome !== 'fail') return { resource, ...verdict };
  const remedy: readonly Change[] = harden(stack, service);
  return { resource, ...verdict, ...(remedy.length === 0 ? {} : { remedy }) };
};

/** Asks the configuration of every pooler. One that is not known is unknown. */
export const askFiles = (judge: (posture: KnownPosture, service: Service, stack: Stack) => Iterable<Verdict>) =>
  function* observe(stack: Stack): Generator<Observation> {
    for (const service of servicesOfKind(stack, 'pgbouncer')) {
      const posture = postureOf(stack, service);
      if (posture.state === 'unknown')
        yield observation(stack, service, { outcome: 'unknown', message: posture.why, at: posture.at });
      else for (const verdict of judge(posture, service, stack)) yield observation(stack, service, verdict);
    }
  };

/** Asks the evidence of every pooler that was probed. */
export const askPoolers = <T>(
  fact: (evidence: PgbouncerEvidence) => Answer<T>,
  judge: (value: T, service: Service, stack: Stack) => Iterable<Verdict>,
) =>
  function* observe(stack: Stack, evidence: Evidence<'pgbouncer'>): Generator<Observation> {
    const answers = evidence.of('pgbouncer');
    for (const service of servicesOfKind(stack, 'pgbouncer')) {
      const answer = answers.get(service.name);
      if (answer === undefined) continue;
      const found = answer.known ? fact(answer.value) : answer;
      if (!found.known) yield observation(stack, service, { outcome: 'unknown', message: found.why });
      else for (const verdict of judge(found.value, service, stack)) yield observation(stack, service, verdict);
    }
  };

/** Two facts as one: known where both are. */
export const both = <A, B>(a: Answer<A>, b: Answer<B>): Answer<readonly [A, B]> =>
  a.known ? (b.known ? { known: true, value: [a.value, b.value] } : b) : a;
