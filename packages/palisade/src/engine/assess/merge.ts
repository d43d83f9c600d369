import type { Change } from '../../contracts/change.ts';
import type { Resource } from '../../contracts/control.ts';
import type { Finding } from '../../contracts/finding.ts';
import type { Location } from '../../contracts/location.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { normaliseMessage } from './fingerprint.ts';
import type { Sighting } from './observe.ts';
import { resourceKey } from './resource.ts';

/** What both sides of a control say about one resource, before the engine stamps it. */
export interface Verdict {
  readonly resource: Resource;
  readonly outcome: Finding['outcome'];
  readonly message: string;
  readonly at?: Location;
  readonly source: Finding['source'];
  readonly remedy: readonly Change[];
  /** The discriminator among verdicts of the same control and resource. */
  readonly key: string;
}

const worstFirst: readonly Finding['outcome'][] = ['fail', 'unknown', 'pass', 'not-applicable'];

const speakers = { static: 'the files', live: 'the running service' } as const;

const withoutRepeats = (changes: readonly Change[]): readonly Change[] =>
  changes.length < 2 ? changes : [...new Map(changes.map((change) => [canonicalJson(change), change])).values()];

/** One verdict of sightings that are one matter: the first speaks, what the others add follows with who says it. */
const fuse = (first: Sighting, others: readonly Sighting[]): Verdict => {
  const { observation } = first;
  const said = new Set([observation.message]);
  const additions: string[] = [];
  for (const other of others) {
    if (said.has(other.observation.message)) continue;
    said.add(other.observation.message);
    additions.push(`${speakers[other.source]}: ${other.observation.message}`);
  }
  const agreeing = [first, ...others].filter((sighting) => sighting.observation.outcome === observation.outcome);
  const remedies = agreeing.flatMap((sighting) =>
    sighting.observation.outcome === 'fail' ? (sighting.observation.remedy ?? []) : [],
  );
  const at = agreeing.map((sighting) => sighting.observation.at).find((location) => location !== undefined);
  return {
    resource: observation.resource,
    outcome: observation.outcome,
    message: additions.length === 0 ? observation.message : `${observation.message} (${additions.join('; ')})`,
    ...(at === undefined ? {} : { at }),
    source: agreeing.some((sighting) => sighting.source === 'live') ? 'live' : 'static',
    remedy: withoutRepeats(remedies),
    key: keyOf(first),
  };
};

const keyOf = ({ observation }: Sighting): string => {
  if (observation.outcome !== 'fail') return '';
  return observation.key ?? normaliseMessage(observation.message);
};

/** Failures stay apart, because each has its own line to change; the running service confirms one from the files. */
const failures = (failing: readonly Sighting[], rest: readonly Sighting[]): readonly Verdict[] => {
  const groups: { readonly first: Sighting; readonly others: Sighting[] }[] = [];
  const fromFiles = failing.filter(({ source }) => source === 'static');
  for (const sighting of fromFiles) {
    const twin = groups.find(
      ({ first }) =>
        keyOf(first) === keyOf(sighting) &&
        canonicalJson(first.observation.at) === canonicalJson(sighting.observation.at),
    );
    if (twin === undefined) groups.push({ first: sighting, others: [] });
    else twin.others.push(sighting);
  }
  const confirmable = groups.length;
  for (const sighting of failing.filter(({ source }) => source === 'live')) {
    const same = groups.find(({ first }) => keyOf(first) === keyOf(sighting));
    const group = same ?? (confirmable > 0 ? groups[0] : undefined);
    if (group === undefined) groups.push({ first: sighting, others: [] });
    else group.others.push(sighting);
  }
  groups[0]?.others.push(...rest);
  return groups.map(({ first, others }) => fuse(first, others));
};

/**
 * Merges what a control saw, per resource: the worst outcome wins (fail, unknown, pass, not-applicable, in that
 * order), and the messages of both sides are kept where they differ.
 */
export const mergeSightings = (sightings: readonly Sighting[]): readonly Verdict[] => {
  const byResource = Map.groupBy(sightings, ({ observation }) => resourceKey(observation.resource));
  return [...byResource.values()].flatMap((group) => {
    const ranked = group.toSorted(
      (a, b) => worstFirst.indexOf(a.observation.outcome) - worstFirst.indexOf(b.observation.outcome),
    );
    const [first, ...others] = ranked;
    if (first === undefined) return [];
    if (first.observation.outcome !== 'fail') return [fuse(first, others)];
    return failures(
      ranked.filter(({ observation }) => observation.outcome === 'fail'),
      ranked.filter(({ observation }) => observation.outcome !== 'fail'),
    );
  });
};
