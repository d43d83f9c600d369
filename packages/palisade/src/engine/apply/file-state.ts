import { sha256 } from '../../support/files.ts';

/** A file as it is, or that there is none. */
export type FileState =
  | { readonly state: 'absent' }
  | {
      readonly state: 'file';
      readonly content: Buffer;
      /** Permission bits. */
      readonly mode: number;
      /** Absent for a file that is still to be made: it belongs to whoever runs Palisade. */
      readonly owner?: { readonly uid: number; readonly gid: number };
    };

/** A file by its digest: what the journal holds in place of a content. */
export type FileImage =
  | { readonly state: 'absent' }
  | { readonly state: 'file'; readonly sha256: string; readonly mode: number };

/** The image of a state. */
export const imageOf = (file: FileState): FileImage =>
  file.state === 'absent' ? file : { state: 'file', sha256: sha256(file.content), mode: file.mode };

/** True where both are absent, or equal in content and mode. */
export const sameImage = (a: FileImage, b: FileImage): boolean =>
  a.state === 'absent' || b.state === 'absent' ? a.state === b.state : a.sha256 === b.sha256 && a.mode === b.mode;

/** The text of a file, for a diff; undefined where there is none. */
export const textOf = (file: FileState): string | undefined =>
  file.state === 'absent' ? undefined : file.content.toString('utf8');
