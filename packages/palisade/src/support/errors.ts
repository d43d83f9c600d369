/** Exit codes of every command. 0 clean, 1 findings at or above the threshold, 2 usage or configuration, 3 could not determine. */
export type ExitCode = 0 | 1 | 2 | 3;

/** One error as metadata; `docs/errors` is generated from it. */
export interface ErrorDefinition<Details> {
  /** 2 where the user's input is at fault, 3 where something could not be determined or reached. */
  readonly exit: 2 | 3;
  /** When it happens, for the documentation. */
  readonly summary: string;
  /** What happened to what. Never holds a secret. */
  readonly message: (details: Details) => string;
  /** What to do next. */
  readonly next: (details: Details) => string;
}

/** An error with a stable code that tells what happened to what and what to do next. */
export class PalisadeError extends Error {
  override readonly name = 'PalisadeError';
  readonly code: string;
  readonly exit: 2 | 3;
  readonly next: string;

  constructor(code: string, exit: 2 | 3, message: string, next: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.exit = exit;
    this.next = next;
  }
}

/** Makes one of the errors that a folder declared; the details are checked against the code. */
export type ErrorMaker<Shapes> = <Code extends keyof Shapes & string>(
  code: Code,
  details: Shapes[Code],
  cause?: unknown,
) => PalisadeError;

/**
 * Declares the errors of one folder, once, in its `errors.ts`. Codes are `<area>/<what-happened>`.
 *
 * @example
 * export const { error, definitions } = defineErrors<{ 'model/file-missing': { file: string } }>({
 *   'model/file-missing': { exit: 2, summary: '…', message: ({ file }) => `${file} does not exist`, next: () => '…' },
 * });
 * throw error('model/file-missing', { file });
 */
export const defineErrors = <Shapes>(definitions: {
  readonly [Code in keyof Shapes]: ErrorDefinition<Shapes[Code]>;
}): { readonly error: ErrorMaker<Shapes>; readonly definitions: typeof definitions } => ({
  error: (code, details, cause) => {
    const { exit, message, next } = definitions[code];
    return new PalisadeError(code, exit, message(details), next(details), cause);
  },
  definitions,
});

/** The text of whatever was thrown, for a reason or a log: the message alone, never the cause. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
