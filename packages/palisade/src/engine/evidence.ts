import type { Answer, Evidence, EvidenceMap, EvidenceName } from '../contracts/evidence.ts';
import type { Probe, ProbeTarget } from '../contracts/service-kind.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { mapConcurrently, withTimeout } from '../support/concurrency.ts';
import { messageOf } from '../support/errors.ts';

/** One answer about one service. */
export interface CollectedAnswer<Name extends EvidenceName = EvidenceName> {
  readonly name: Name;
  readonly service: string;
  readonly answer: Answer<EvidenceMap[Name]>;
}

type Answers = { [Name in EvidenceName]?: Map<string, Answer<EvidenceMap[Name]>> };

const add = <Name extends EvidenceName>(answers: Answers, collected: CollectedAnswer<Name>): void => {
  const known: Answers[Name] = answers[collected.name];
  const ofName: Map<string, Answer<EvidenceMap[Name]>> = known ?? new Map();
  ofName.set(collected.service, collected.answer);
  // The compiler cannot follow a write through a name that is itself generic.
  Object.assign(answers, { [collected.name]: ofName });
};

/** Evidence built from collected answers; the last answer about a service counts. */
export const evidenceFrom = (collected: Iterable<CollectedAnswer>): Evidence<EvidenceName> => {
  const answers: Answers = {};
  for (const entry of collected) add(answers, entry);
  return { of: (name) => answers[name] ?? new Map() };
};

/** What to ask, and within which bounds. */
export interface CollectInput {
  readonly stack: Stack;
  /** The probes that fit a service: those of its kind, and those of the runtime. */
  readonly probes: (service: Service) => readonly Probe[];
  readonly target: (service: Service) => ProbeTarget;
  readonly signal: AbortSignal;
  /** Probes under way at once. */
  readonly concurrency: number;
  /** Milliseconds for each probe. */
  readonly timeout: number;
}

/**
 * Asks every active service, concurrently. A probe that fails or does not answer in time becomes an unknown with the
 * reason; the others go on. Rejects only where the signal is aborted.
 */
export const collectEvidence = async (input: CollectInput): Promise<Evidence<EvidenceName>> => {
  const { stack, signal } = input;
  const questions = [...stack.services.values()]
    .filter((service) => service.active)
    .flatMap((service) => input.probes(service).map((probe) => ({ service, probe })));
  const answers = await mapConcurrently(questions, input.concurrency, async ({ service, probe }) => {
    signal.throwIfAborted();
    const ask = async (bounded: AbortSignal): Promise<Answer<EvidenceMap[EvidenceName]>> => ({
      known: true,
      value: await probe.collect(input.target(service), bounded),
    });
    const answer = await withTimeout(input.timeout, signal, ask).catch(
      (error: unknown): Answer<EvidenceMap[EvidenceName]> => {
        signal.throwIfAborted();
        return { known: false, why: messageOf(error) };
      },
    );
    return { name: probe.evidence, service: service.name, answer };
  });
  return evidenceFrom(answers);
};
