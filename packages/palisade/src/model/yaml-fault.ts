import type { ErrorCode } from 'yaml';

/** Faults of which the parser's message quotes the file, where a password may stand. */
const quoting: { readonly [Code in ErrorCode]?: string } = {
  BAD_ALIAS: 'an alias is no valid name',
  BAD_DIRECTIVE: 'a directive (%) is not known',
  BAD_DQ_ESCAPE: 'an escape (\\) in double quotes is not known',
  BAD_SCALAR_START: 'a text begins with a reserved character and has to be quoted',
  IMPOSSIBLE: 'it cannot be read',
  TAG_RESOLVE_FAILED: 'a tag (!) is not known',
  UNEXPECTED_TOKEN: 'something stands where nothing or something else should',
};

/** What is wrong with a YAML text, without a word of the text. Everything else is said in the parser's words. */
export const yamlFault = ({ code, message }: { readonly code: ErrorCode; readonly message: string }): string =>
  quoting[code] ?? message.split('\n', 1)[0]?.replace(/[.:]?\s*$/, '') ?? code;
