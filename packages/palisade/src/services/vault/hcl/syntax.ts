/** Where something stands in a text. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value of HCL 1 or of JSON, with its place. */
export type Value =
  | { readonly kind: 'string'; readonly text: string; readonly at: Position }
  | { readonly kind: 'number'; readonly number: number; readonly at: Position }
  | { readonly kind: 'boolean'; readonly boolean: boolean; readonly at: Position }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly at: Position }
  | { readonly kind: 'object'; readonly body: Body; readonly at: Position };

/** `key = value`, or a block `key "label" { … }`, whose value is an object. */
export interface Entry {
  readonly key: string;
  readonly labels: readonly string[];
  readonly value: Value;
  /** The position of the key. */
  readonly at: Position;
}

/** The entries of a file or block, in the order in which they are written. */
export type Body = readonly Entry[];

/** A text that is not in the language, or uses a part of it that this reader does not know. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';
  readonly at: Position;

  constructor(message: string, at: Position) {
    super(message);
    this.at = at;
  }
}
