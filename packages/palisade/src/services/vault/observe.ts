import type { Observation, Resource } from '../../contracts/control.ts';
import type { Answer, Evidence } from '../../contracts/evidence.ts';
import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type ConfigurationDocument, type ServerReading, readConfiguration } from './configuration.ts';
import type { VaultEvidence } from './evidence.ts';
import { harden } from './harden.ts';

type WithoutResource<O> = O extends Observation ? Omit<O, 'resource'> : never;

/** An observation before it is known what it is about. */
export type Verdict = WithoutResource<Observation>;

/** How a control judges a server from the files. */
export interface ServerJudge {
  readonly development: (
    service: Service,
    reading: Extract<ServerReading, { readonly state: 'development' }>,
  ) => Iterable<Verdict>;
  readonly configured: (service: Service, documents: readonly ConfigurationDocument[]) => Iterable<Verdict>;
}

/** The resource that a service is. */
export const serviceNamed = (name: string): Resource => ({ type: 'service', name });

/** The services of the stack that run Vault or OpenBao. */
export const servers = (stack: Stack): readonly Service[] =>
  [...stack.services.values()].filter(({ kind }) => kind === 'vault');

/** Gives a failure of a server the hardened posture as its remedy, where there is one. */
const withRemedy = (stack: Stack, service: Service, verdict: Verdict): Observation => {
  const resource = serviceNamed(service.name);
  if (verdict.outcome !== 'fail' || verdict.remedy !== undefined) return { ...verdict, resource };
  const remedy = harden(stack, service);
  return { ...verdict, resource, ...(remedy.length === 0 ? {} : { remedy }) };
};

/** Judges each server by its files. Where the configuration is not known, neither is the answer. */
export function* judgeServers(stack: Stack, judge: ServerJudge): Generator<Observation> {
  for (const service of servers(stack)) {
    const reading = readConfiguration(stack, service);
    if (reading.state === 'unknown') {
      yield { outcome: 'unknown', resource: serviceNamed(service.name), message: reading.why, at: reading.at };
      continue;
    }
    const verdicts =
      reading.state === 'development'
        ? judge.development(service, reading)
        : judge.configured(service, reading.documents);
    for (const verdict of verdicts) yield withRemedy(stack, service, verdict);
  }
}

/**
 * Judges one fact about each server that was asked; a fact that is not known is an unknown with its reason. Where a stack
 * is given, the files can clear a failure, and the hardened posture is its remedy.
 */
export function* judgeAnswers<T>(
  evidence: Evidence<'vault'>,
  fact: (evidence: VaultEvidence) => Answer<T>,
  judge: (value: T, service: string) => Verdict,
  stack?: Stack,
): Generator<Observation> {
  for (const [name, answer] of evidence.of('vault')) {
    const resource = serviceNamed(name);
    const value = answer.known ? fact(answer.value) : answer;
    const service = stack?.services.get(name);
    if (!value.known) yield { outcome: 'unknown', resource, message: value.why };
    else if (stack === undefined || service === undefined) yield { ...judge(value.value, name), resource };
    else yield withRemedy(stack, service, judge(value.value, name));
  }
}

/** A failure at a place. */
export const fail = (message: string, at: Location, key?: string): Verdict => ({
  outcome: 'fail',
  message,
  at,
  ...(key === undefined ? {} : { key }),
});

/** The first few names of a list, for a message. */
export const some = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
