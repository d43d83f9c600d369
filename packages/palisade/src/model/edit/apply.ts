import type { ComposeEdit } from '../../contracts/change.ts';
import { error } from '../errors.ts';
import { type Segment, parseSegment, segmentOf } from './segment.ts';
import { type Source, parseSource, shownKeys } from './source.ts';
import { type EditState, itemsNamed, stateIn } from './state.ts';
import { type Resolved, advance } from './step.ts';

export type { EditState } from './state.ts';

/**
 * Tells whether an edit is still to be made, is made already, or no longer fits the text.
 *
 * @throws `model/edit-impossible` where the text is not YAML
 */
export const composeEditState = (text: string, edit: ComposeEdit): EditState => stateIn(parseSource(text, edit), edit);

/**
 * Applies one edit to the text of a Compose file. Only the lines that it names differ afterwards.
 *
 * @throws `model/edit-drift` where the text does not say what the edit expects, `model/edit-impossible`
 */
export const applyComposeEdit = (text: string, edit: ComposeEdit): string => applyComposeEdits(text, [edit]);

/**
 * Applies the edits of one plan to the text of one file, in order. What they expect is compared with the text before
 * the first of them, because all of them were planned from it; an item of a list is found again by its value.
 *
 * @throws `model/edit-drift` where the text does not say what an edit expects, `model/edit-impossible`
 */
export const applyComposeEdits = (text: string, edits: readonly ComposeEdit[]): string => {
  const parse = remembering(parseSource);
  const pending: Resolved[] = [];
  for (const edit of edits) {
    const source = parse(text, edit);
    const state = stateIn(source, edit);
    if (state === 'drifted') throw error('model/edit-drift', { file: edit.file, path: shownKeys(edit.path) });
    if (state === 'pending') pending.push({ edit, items: itemsNamed(source, edit) });
  }
  const { rest, segments } = bySegment(text, pending, parse);
  // From the last one: the offsets of those before it stay true.
  const withServices = segments
    .toSorted((a, b) => b.segment.start - a.segment.start)
    .reduce((current, { segment, edits: own }) => {
      const parseOwn: Parse = (part, each) => parseSegment(part, segment, each);
      const changed = own.reduce((part, each) => applyOne(part, each, parseOwn), segment.text);
      return current.slice(0, segment.start) + changed + current.slice(segment.start + segment.text.length);
    }, text);
  return rest.reduce((current, each) => applyOne(current, each, parse), withServices);
};

/** Reads a text for an edit of it. */
export type Parse = (text: string, edit: ComposeEdit) => Source;

/** Where which document is meant depends on the path: true for a file of several. */
export const hasManyDocuments = (text: string): boolean => /^---/m.test(text.slice(1));

/** Parses, or gives what the last call has parsed: the edits of a plan begin with the same text. */
export const remembering = (parse: Parse): Parse => {
  let last: { readonly text: string; readonly section: string; readonly source: Source } | undefined;
  return (text, edit) => {
    const section = hasManyDocuments(text) ? JSON.stringify(edit.path.slice(0, 2)) : '';
    if (last?.text === text && last.section === section) return last.source;
    const source = parse(text, edit);
    last = { text, section, source };
    return source;
  };
};

/**
 * Sorts edits by the service that they are about. A service without anchors of its own is edited as a text of its own,
 * so that a plan of hundreds of edits does not parse the whole file for each of them.
 */
const bySegment = (
  text: string,
  pending: readonly Resolved[],
  parse: Parse,
): { readonly rest: readonly Resolved[]; readonly segments: readonly { segment: Segment; edits: Resolved[] }[] } => {
  const segments = new Map<string, { segment: Segment; edits: Resolved[] }>();
  const rest: Resolved[] = [];
  for (const each of pending) {
    const [section, service] = each.edit.path;
    const name = section === 'services' && each.edit.path.length > 2 ? String(service) : undefined;
    const segment = name === undefined ? undefined : segmentOf(parse(text, each.edit), name);
    if (name === undefined || segment === undefined) rest.push(each);
    else {
      const group = segments.get(name) ?? { segment, edits: [] };
      group.edits.push(inSegment(each));
      segments.set(name, group);
    }
  }
  return { rest, segments: [...segments.values()] };
};

/** The same edit in the text of its service alone, whose only key is the service's name. */
export const inSegment = ({ edit, items }: Resolved): Resolved => ({
  edit: { ...edit, path: edit.path.slice(1) },
  items: new Map([...items].map(([depth, json]) => [depth - 1, json])),
});

/** The most rewritings of shared parts that one edit may need before it can be made. */
const mostSteps = 256;

/** Makes one edit that is still to be made, step by step. */
export const applyOne = (text: string, resolved: Resolved, parse: Parse): string => {
  const { edit, items } = resolved;
  let current = text;
  for (let count = 0; count < mostSteps; count += 1) {
    const step = advance(parse(current, edit), resolved);
    current = step.text;
    if ('parts' in step)
      return step.parts.reduce((part, each) => applyOne(part, { edit: each, items }, parse), current);
    if (step.finished) return current;
  }
  const reason = 'its aliases are nested too deeply';
  throw error('model/edit-impossible', { file: edit.file, path: shownKeys(edit.path), reason });
};
