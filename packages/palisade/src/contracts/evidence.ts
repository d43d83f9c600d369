/** A fact that was asked of the outside world: known, or unknown with the reason. An unknown is never a pass. */
export type Answer<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

/**
 * What each probe collects about one service, by the name of the evidence. A service kind adds its own entry:
 * `declare module '../../contracts/evidence.ts' { interface EvidenceMap { postgres: PostgresEvidence } }`.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by declaration merging
export interface EvidenceMap {
  /** The listening sockets of a service, seen from the host. */
  readonly listeners: ListenerEvidence;
}

/** TCP listeners that belong to a service. */
export interface ListenerEvidence {
  readonly listeners: readonly { readonly address: string; readonly port: number; readonly declared: boolean }[];
}

/** The name of one sort of evidence. */
export type EvidenceName = keyof EvidenceMap;

/** Collected evidence, narrowed to what a control declared. */
export interface Evidence<Needs extends EvidenceName> {
  /** Answers by service name; a service that was not probed has no entry. */
  readonly of: <Name extends Needs>(name: Name) => ReadonlyMap<string, Answer<EvidenceMap[Name]>>;
}
