import type { ComposeEdit } from '../../contracts/change.ts';
import { error } from '../errors.ts';
import { type Parse, applyOne, hasManyDocuments, inSegment, remembering } from './apply.ts';
import { type Segment, parseSegment, segmentOf } from './segment.ts';
import { type Source, parseSource, shownKeys } from './source.ts';
import { itemsNamed, stateIn } from './state.ts';

/** A service of a draft as a text of its own, as the edits so far have left it. */
interface Piece {
  readonly segment: Segment;
  readonly text: string;
  readonly parse: Parse;
}

/** A file between two edits: how it was when it was parsed last, and the services that were edited since. */
interface Draft {
  readonly text: string;
  readonly whole: Source;
  readonly pieces: ReadonlyMap<string, Piece>;
}

const openPiece = ({ whole }: Draft, service: string): Piece | undefined => {
  const segment = segmentOf(whole, service);
  return (
    segment && { segment, text: segment.text, parse: remembering((text, edit) => parseSegment(text, segment, edit)) }
  );
};

/** Makes one edit, whose expectation is compared with the text as it is now. */
const edited = (text: string, edit: ComposeEdit, whole: ComposeEdit, parse: Parse): string => {
  const source = parse(text, edit);
  const state = stateIn(source, edit);
  if (state === 'drifted') throw error('model/edit-drift', { file: edit.file, path: shownKeys(whole.path) });
  return state === 'done' ? text : applyOne(text, { edit, items: itemsNamed(source, edit) }, parse);
};

/** Puts the text of a piece where the text before it stands. */
const withPiece = (draft: Draft, service: string, piece: Piece, text: string): Draft => {
  const moved = [...draft.pieces.values()]
    .filter(({ segment }) => segment.start < piece.segment.start)
    .reduce((sum, other) => sum + other.text.length - other.segment.text.length, 0);
  const start = piece.segment.start + moved;
  return {
    ...draft,
    text: draft.text.slice(0, start) + text + draft.text.slice(start + piece.text.length),
    pieces: new Map(draft.pieces).set(service, { ...piece, text }),
  };
};

/**
 * An editor of Compose files for many edits in a row, each of which it makes as `applyComposeEdit` does. It remembers
 * what its last edit has left of each file: a file that comes back as that is not parsed again, only the service that
 * an edit is about. Any other text begins anew.
 *
 * The editor throws `model/edit-drift` where the text does not say what the edit expects, and `model/edit-impossible`.
 */
export const composeEditor = (): ((text: string, edit: ComposeEdit) => string) => {
  const drafts = new Map<string, Draft>();
  const parse = remembering(parseSource);
  return (text, edit) => {
    const remembered = drafts.get(edit.file);
    const draft = remembered?.text === text ? remembered : { text, whole: parse(text, edit), pieces: new Map() };
    const [section, service] = edit.path;
    if (section === 'services' && edit.path.length > 2 && !hasManyDocuments(text)) {
      const name = String(service);
      const piece = draft.pieces.get(name) ?? openPiece(draft, name);
      if (piece !== undefined) {
        const own = inSegment({ edit, items: new Map() }).edit;
        const next = withPiece(draft, name, piece, edited(piece.text, own, edit, piece.parse));
        drafts.set(edit.file, next);
        return next.text;
      }
    }
    const after = edited(text, edit, edit, parse);
    drafts.set(edit.file, { text: after, whole: parse(after, edit), pieces: new Map() });
    return after;
  };
};
