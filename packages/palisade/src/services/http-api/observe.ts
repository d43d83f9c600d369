import type { Change, Manual } from '../../contracts/change.ts';
import type { Observation } from '../../contracts/control.ts';
import type { Answer, Evidence } from '../../contracts/evidence.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { serviceResource } from '../../model/index.ts';
import type { HttpEvidence } from './evidence.ts';
import { harden } from './harden.ts';
import { isReferenceApi } from './reference-api.ts';

/** The answer of a control before it is known which service it is about. */
export type Verdict =
  | { readonly outcome: 'pass' | 'unknown' | 'not-applicable'; readonly message: string }
  | { readonly outcome: 'fail'; readonly message: string; readonly key?: string };

/**
 * What clears a fault: the hardened posture of the reference API. What another program makes of its environment is known
 * to its authors alone, so that of any other one only instructions are left.
 */
export const remedyFor = (stack: Stack, service: Service, instructions: string): readonly Change[] => {
  if (isReferenceApi(service)) return harden(stack, service);
  const manual: Manual = { kind: 'manual', instructions };
  return [manual];
};

/** Judges one fact about each service that was asked; a fact that is not known is an unknown with its reason. */
export function* judgeAnswers<T>(
  stack: Stack,
  evidence: Evidence<'http'>,
  fact: (evidence: HttpEvidence) => Answer<T>,
  judge: (value: T, service: string) => Verdict | readonly Verdict[],
): Generator<Observation> {
  for (const [name, answer] of evidence.of('http')) {
    const resource = serviceResource({ name });
    const found = answer.known ? fact(answer.value) : answer;
    if (!found.known) {
      yield { outcome: 'unknown', resource, message: found.why };
      continue;
    }
    const verdicts = judge(found.value, name);
    const service = stack.services.get(name);
    const remedy = service === undefined ? [] : harden(stack, service);
    for (const verdict of Array.isArray(verdicts) ? verdicts : [verdicts])
      yield verdict.outcome === 'fail' && remedy.length > 0
        ? { ...verdict, resource, remedy }
        : { ...verdict, resource };
  }
}

/** The first few of a list, for a message. */
export const some = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
