import type { Change } from '../../contracts/change.ts';
import type { Observation, Resource } from '../../contracts/control.ts';
import type { Evidence } from '../../contracts/evidence.ts';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import type { PostgresEvidence } from './evidence.ts';
import { harden } from './harden.ts';
import type { Setting } from './posture.ts';

/** What a control makes of one server. */
export type Verdict =
  | { readonly outcome: 'pass' | 'unknown' | 'not-applicable'; readonly message: string; readonly at?: Location }
  | {
      readonly outcome: 'fail';
      readonly message: string;
      readonly at?: Location;
      readonly key?: string;
      /** False where files alone do not clear it. */
      readonly byFiles?: boolean;
    };

const servers = (stack: Stack): readonly Service[] =>
  [...stack.services.values()].filter(({ kind }) => kind === 'postgres');

const observation = (stack: Stack, service: Service, verdict: Verdict): Observation => {
  const resource: Resource = { type: 'service', name: service.name };
  if (verdict.outcome !== 'fail') return { resource, ...verdict };
  const { byFiles = true, ...said } = verdict;
  const remedy: readonly Change[] = byFiles ? harden(stack, service) : [];
  return { resource, ...said, ...(remedy.length === 0 ? {} : { remedy }) };
};

/** Asks the project's files about every PostgreSQL server. A failure is remedied by the hardened posture as a whole. */
export const askFiles = (judge: (service: Service, stack: Stack) => Iterable<Verdict>) =>
  function* observe(stack: Stack): Generator<Observation> {
    for (const service of servers(stack))
      for (const verdict of judge(service, stack)) yield observation(stack, service, verdict);
  };

/** Asks the evidence of every PostgreSQL server that was probed. A server that could not be probed is unknown. */
export const askServers = (judge: (evidence: PostgresEvidence, service: Service, stack: Stack) => Iterable<Verdict>) =>
  function* observe(stack: Stack, evidence: Evidence<'postgres'>): Generator<Observation> {
    const answers = evidence.of('postgres');
    for (const service of servers(stack)) {
      const answer = answers.get(service.name);
      if (answer === undefined) continue;
      if (answer.known)
        for (const verdict of judge(answer.value, service, stack)) yield observation(stack, service, verdict);
      else yield observation(stack, service, { outcome: 'unknown', message: answer.why });
    }
  };

/** Judges one setting of the files: its value, or PostgreSQL's default where nobody sets it. */
export const judgeSetting = function* (
  setting: Setting,
  byDefault: string,
  judge: (value: string) => Omit<Verdict & { readonly outcome: 'pass' | 'fail' }, 'at'>,
): Generator<Verdict> {
  if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
  else yield { ...judge(setting.state === 'set' ? setting.value : byDefault), at: setting.at };
};

/** An unknown with the reason of an unanswered question. */
export const unanswered = ({ why }: { readonly why: string }): Verdict => ({ outcome: 'unknown', message: why });
