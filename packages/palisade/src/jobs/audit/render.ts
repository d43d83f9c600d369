import type { KnownCheckpoint, Place, TamperFinding, Verification } from '@palisade/audit';
import { createColors } from 'picocolors';
import { plural, printable, wrap } from '../../report/text.ts';

const width = 110;

/** A paragraph whose first line has a label, the others as much room. */
const labelled = (label: string, text: string): readonly string[] =>
  wrap(printable(text), width - 12).map((line, index) => `  ${(index === 0 ? label : '').padEnd(10)}${line}`);

const at = (place: Place | undefined): string => (place === undefined ? '' : ` (${place.file}, line ${place.line})`);

const vouchedBy = ({ checkpoint, origin, signed }: KnownCheckpoint): string => {
  const { seq, time, signature } = checkpoint;
  const by = signature === undefined ? 'no signature' : `signature by the ${signature.kind} key ${signature.key}`;
  const checked = signature === undefined ? '' : signed === true ? ', checked' : ', not checked: no key was given';
  return `record ${seq}, by the checkpoint of ${new Date(time).toISOString()} (${origin}; ${by}${checked})`;
};

/** The report of `palisade audit verify` as text. */
export const renderVerifications = (
  logs: readonly Verification[],
  missing: readonly TamperFinding[],
  color: boolean,
): string => {
  const colors = createColors(color);
  const bad = ({ kind, seq, place, message }: TamperFinding): readonly string[] =>
    wrap(printable(`${kind}: record ${seq}${at(place)}: ${message}`), width - 4).map((line, index) =>
      index === 0 ? `  ${colors.red(line)}` : `    ${colors.red(line)}`,
    );
  const one = (log: Verification): readonly string[] => [
    `${log.findings.length === 0 ? colors.green('sound') : colors.red('tampered with')}  ${printable(log.directory)}  log ${printable(log.log ?? 'without id')}, ${plural(log.records, 'sound record')}`,
    ...log.findings.flatMap(bad),
    ...(log.vouched === undefined ? [] : labelled('vouched', vouchedBy(log.vouched))),
    ...(log.torn === undefined
      ? []
      : labelled(
          'torn',
          `the last ${plural(log.torn.bytes, 'byte')}${at(log.torn)} are the rest of a write that was interrupted or is under way; nobody was told that it was kept`,
        )),
    ...log.recovered.flatMap((place) =>
      labelled('recovered', `the rest of an interrupted write${at(place)}, recorded when the log was opened again`),
    ),
    ...log.notes.flatMap((note) => labelled('note', note)),
    ...log.undetectable.flatMap((what, index) => labelled(index === 0 ? 'unseen' : '', what)),
  ];
  return [...logs.flatMap((log) => [...one(log), '']), ...missing.flatMap((finding) => [...bad(finding), ''])]
    .join('\n')
    .concat('\n')
    .replace(/\n\n$/, '\n');
};
