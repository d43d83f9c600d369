import type { Change, Plan } from '../../contracts/change.ts';
import type { Finding } from '../../contracts/finding.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { sha256 } from '../../support/files.ts';
import { resourceName } from '../assess/resource.ts';
import { error } from '../errors.ts';
import { type Relation, relate } from './combine.ts';
import { settleExpectations } from './expectations.ts';
import { compareChanges } from './order.ts';
import { projectPath } from './paths.ts';

/** A change that somebody asks for, with the findings that it answers: `<control id> <resource>`. */
export interface Request {
  readonly change: Change;
  readonly answers: readonly string[];
}

/** What a plan may hold. */
export interface PlanOptions {
  /** Changes beside the remedies of findings. */
  readonly extra?: readonly Request[];
  /** Kinds of changes that are carried out now; the changes of files where absent. */
  readonly kinds?: readonly Change['kind'][];
}

const fileKinds: readonly Change['kind'][] = ['compose-edit', 'file-write', 'file-mode'];

/** `<control id> <resource>`, by which plans and journals name a finding. */
export const answerName = ({ control, resource }: Finding): string => `${control} ${resourceName(resource)}`;

const isFile = (change: Change): boolean => fileKinds.includes(change.kind);

const compareJson = (a: Request, b: Request): number => {
  const [one, other] = [canonicalJson(a.change), canonicalJson(b.change)];
  return one < other ? -1 : one > other ? 1 : 0;
};

const withShortPath = (change: Change): Change => {
  if (change.kind === 'compose-edit') return { ...change, file: projectPath(change.file) };
  if (change.kind === 'file-write' || change.kind === 'file-mode') return { ...change, path: projectPath(change.path) };
  return change;
};

/** What a change changes, in words: `compose.yaml services.redis.ports`. */
export const targetOf = (change: Change): string => {
  switch (change.kind) {
    case 'compose-edit':
      return `${change.file} ${change.path.join('.')}`;
    case 'file-write':
    case 'file-mode':
      return change.path;
    case 'vault-write':
      return `${change.service} ${change.path}`;
    case 'sql-statement':
      return `${change.service} database ${change.database}`;
    case 'certificate-issue':
      return change.directory;
    case 'manual':
      return 'by hand';
  }
};

const union = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])].toSorted();

/** Adds a request to those kept, or lets one answer for the other. Throws `engine/plan-conflict`. */
const admit = (kept: readonly Request[], request: Request): readonly Request[] => {
  let candidate = request;
  const others: Request[] = [];
  for (const [index, entry] of kept.entries()) {
    const relation: Relation = relate(entry.change, candidate.change);
    if (relation === 'apart') {
      others.push(entry);
      continue;
    }
    const answers = union(entry.answers, candidate.answers);
    // What the kept change was compared with before stays true of it, so the rest is kept as it is.
    if (relation === 'first') return [...others, { ...entry, answers }, ...kept.slice(index + 1)];
    if (relation === 'second') candidate = { ...candidate, answers };
    else
      throw error('engine/plan-conflict', {
        place: targetOf(candidate.change),
        why: relation.conflict,
        first: entry.answers,
        second: candidate.answers,
      });
  }
  return [...others, candidate];
};

const byInstructions = (requests: readonly { instructions: string; answers: readonly string[] }[]): Plan['manual'] => {
  const merged = new Map<string, readonly string[]>();
  for (const { instructions, answers } of requests)
    merged.set(instructions, union(merged.get(instructions) ?? [], answers));
  return [...merged]
    .map(([instructions, answers]) => ({ instructions, answers }))
    .toSorted((a, b) => (a.instructions < b.instructions ? -1 : 1));
};

/**
 * Makes one plan of the remedies of failing, unsuppressed findings. Equal findings in any order give equal plans; a
 * finding that no change of the wanted kinds answers is listed under `manual`.
 *
 * Throws `engine/plan-conflict` where two of them cannot both be had, and `engine/path-outside-project`.
 */
export const makePlan = (findings: readonly Finding[], options: PlanOptions = {}): Plan => {
  const kinds = options.kinds ?? fileKinds;
  const manual: { instructions: string; answers: readonly string[] }[] = [];
  const requests: Request[] = [];
  const take = (request: Request): boolean => {
    if (!kinds.includes(request.change.kind)) return false;
    requests.push({ ...request, change: withShortPath(request.change) });
    return true;
  };
  for (const finding of findings) {
    if (finding.outcome !== 'fail' || finding.suppression !== undefined) continue;
    const answers = [answerName(finding)];
    let answered = false;
    for (const change of finding.remedy) {
      if (change.kind === 'manual') manual.push({ instructions: change.instructions, answers });
      answered = take({ change, answers }) || change.kind === 'manual' || answered;
    }
    if (!answered) manual.push({ instructions: finding.fix, answers });
  }
  for (const { change, answers } of options.extra ?? []) {
    if (change.kind === 'manual') manual.push({ instructions: change.instructions, answers });
    else take({ change, answers });
  }
  // The order of findings must not decide which of two mergeable changes stays, so they are sorted before they meet.
  const sorted = requests.toSorted(
    (a, b) => compareChanges(a.change, b.change) || (isFile(a.change) ? compareJson(a, b) : 0),
  );
  const kept = sorted.reduce<readonly Request[]>(admit, []).toSorted((a, b) => compareChanges(a.change, b.change));
  const changes = settleExpectations(kept.map(({ change }) => change)).map((change, index) => ({
    step: index + 1,
    change,
    answers: union(kept[index]?.answers ?? [], []),
  }));
  return {
    changes,
    manual: byInstructions(manual),
    digest: sha256(canonicalJson(changes.map(({ change }) => change))),
  };
};
