import type { AnyControl } from '../../contracts/control.ts';
import type { EvidenceName } from '../../contracts/evidence.ts';
import type { ServiceKind } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';

/** A service, and one sort of evidence about it that a live control reads. */
export interface Need {
  readonly service: string;
  readonly evidence: EvidenceName;
}

/**
 * The evidence that a live control has to have in this stack. Evidence that a kind's probe collects is needed of the
 * active services of that kind; evidence of no kind (`listeners`) is needed of those too, or of every active service
 * where the control reads nothing else. Where no kind is known to collect it, the control's area stands for the kind.
 */
export const liveNeeds = (control: AnyControl, stack: Stack, kinds: readonly ServiceKind[]): readonly Need[] => {
  if (control.live === undefined) return [];
  const active = [...stack.services.values()].filter((service) => service.active);
  const area = control.id.split('/')[0];
  const areaIsKind = kinds.some((kind) => kind.id === area) || active.some((service) => service.kind === area);
  const collectors = (name: EvidenceName): readonly string[] =>
    kinds.filter((kind) => kind.probes?.some((probe) => probe.evidence === name)).map((kind) => kind.id);
  const ofKinds = (ids: readonly (string | undefined)[]): readonly Service[] =>
    active.filter((service) => ids.includes(service.kind));

  const collected = control.live.needs.map((evidence) => ({ evidence, by: collectors(evidence) }));
  const special = collected.filter(({ by }) => by.length > 0);
  const subjects = areaIsKind
    ? ofKinds([area])
    : special.length > 0
      ? ofKinds(special.flatMap(({ by }) => by))
      : active;
  return collected.flatMap(({ evidence, by }) =>
    (by.length > 0 ? ofKinds(by) : subjects).map((service) => ({ service: service.name, evidence })),
  );
};
