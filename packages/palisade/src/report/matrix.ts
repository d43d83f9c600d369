import type { ReachCell, ReachabilityEvidence } from '../contracts/evidence.ts';

/** What every service has of every other one. */
export interface ReachMatrix {
  readonly services: readonly string[];
  readonly rows: readonly { readonly from: string; readonly cells: readonly ReachCell[] }[];
}

/** The evidence of all services as one matrix; a service without evidence has an empty row. Undefined without containers. */
export const matrixOf = (
  evidence: ReadonlyMap<string, { readonly known: boolean; readonly value?: ReachabilityEvidence }>,
): ReachMatrix | undefined => {
  const rows = [...evidence].map(([from, answer]) => ({
    from,
    cells: answer.known && answer.value?.contained === true ? answer.value.cells : [],
  }));
  return rows.some(({ cells }) => cells.length > 0) ? { services: rows.map(({ from }) => from), rows } : undefined;
};

/** How many pairs have each verdict. */
export const countVerdicts = ({ rows }: ReachMatrix): Readonly<Record<ReachCell['verdict'], number>> => {
  const counts = { declared: 0, answering: 0, public: 0, undeclared: 0, apart: 0, broken: 0, unknown: 0 };
  for (const { cells } of rows) for (const { verdict } of cells) counts[verdict]++;
  return counts;
};
