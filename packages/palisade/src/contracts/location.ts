/** Where a value stands in a file of the project. Lines and columns count from 1, columns in UTF-16 code units. */
export interface Location {
  /** Path relative to the project directory, with forward slashes; absolute only for files outside of it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One variable that Compose substituted into a value, and where its text came from. */
export interface Interpolation {
  readonly variable: string;
  /** The operator as written; the empty string for `$NAME` and `${NAME}`. */
  readonly operator: '' | '-' | ':-' | '?' | ':?' | '+' | ':+';
  /** The text behind the operator, itself not yet interpolated. */
  readonly operand?: string;
  readonly source: 'environment' | 'env-file' | 'default' | 'unset';
}

/** A value of the stack together with the place where the user wrote it. */
export interface Located<T> {
  readonly value: T;
  readonly at: Location;
  /** The scalar as written, before interpolation; absent where the value is not a scalar. */
  readonly raw?: string;
  /** The variables that were substituted, in order; absent where there were none. */
  readonly interpolations?: readonly Interpolation[];
}

/** Keys and indices from the root of a Compose file to one of its nodes. */
export type KeyPath = readonly (string | number)[];
