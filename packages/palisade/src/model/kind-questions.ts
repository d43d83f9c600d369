import type { ComposeEdit, FileWrite } from '../contracts/change.ts';
import type { Observation, Resource } from '../contracts/control.ts';
import type { Evidence, EvidenceMap, EvidenceName } from '../contracts/evidence.ts';
import type { Location } from '../contracts/location.ts';
import type { Service, Stack } from '../contracts/stack.ts';

/** What a control of a kind makes of one server. */
export type Verdict =
  | { readonly outcome: 'pass' | 'unknown' | 'not-applicable'; readonly message: string; readonly at?: Location }
  | {
      readonly outcome: 'fail';
      readonly message: string;
      readonly at?: Location;
      readonly key?: string;
      /** False where the files of the hardened posture do not clear it. */
      readonly byFiles?: boolean;
    };

/** The two questions that the controls of one kind ask. */
export interface KindQuestions<Name extends EvidenceName> {
  /** Asks the project's files about every server. A failure is remedied by the hardened posture as a whole. */
  readonly askFiles: (
    judge: (service: Service, stack: Stack) => Iterable<Verdict>,
  ) => (stack: Stack) => Generator<Observation>;
  /** Asks the evidence of every server that was probed. A server that could not be probed is unknown. */
  readonly askServers: (
    judge: (evidence: EvidenceMap[Name], service: Service, stack: Stack) => Iterable<Verdict>,
  ) => (stack: Stack, evidence: Evidence<Name>) => Generator<Observation>;
}

/** The questions of a kind whose evidence has the name of the kind, and whose remedy is its hardened posture. */
export const kindQuestions = <Name extends EvidenceName>(
  kind: Name,
  harden: (stack: Stack, service: Service) => readonly (ComposeEdit | FileWrite)[],
): KindQuestions<Name> => {
  const servers = (stack: Stack): readonly Service[] =>
    [...stack.services.values()].filter((service) => service.kind === kind);
  const observation = (stack: Stack, service: Service, verdict: Verdict): Observation => {
    const resource: Resource = { type: 'service', name: service.name };
    if (verdict.outcome !== 'fail') return { resource, ...verdict };
    const { byFiles = true, ...said } = verdict;
    const remedy = byFiles ? harden(stack, service) : [];
    return { resource, ...said, ...(remedy.length === 0 ? {} : { remedy }) };
  };
  return {
    askFiles: (judge) =>
      function* observe(stack) {
        for (const service of servers(stack))
          for (const verdict of judge(service, stack)) yield observation(stack, service, verdict);
      },
    askServers: (judge) =>
      function* observe(stack, evidence) {
        const answers = evidence.of(kind);
        for (const service of servers(stack)) {
          const answer = answers.get(service.name);
          if (answer === undefined) continue;
          if (answer.known)
            for (const verdict of judge(answer.value, service, stack)) yield observation(stack, service, verdict);
          else yield observation(stack, service, { outcome: 'unknown', message: answer.why });
        }
      },
  };
};

/** An unknown with the reason of an unanswered question. */
export const unanswered = ({ why }: { readonly why: string }): Verdict => ({ outcome: 'unknown', message: why });
