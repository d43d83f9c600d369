import * as z from 'zod';

/**
 * Who may call an operation, as its document says: `public` where it says that nothing is asked for, `protected` where it
 * names credentials, `undeclared` where it says nothing. Source: OpenAPI 3.1.1, section 4.8.10, `security`.
 */
export type DeclaredAccess = 'public' | 'protected' | 'undeclared';

/** Requirements of an operation or of the whole document; one of the list is enough, and an empty one asks for nothing. */
export const securityRequirements = z.array(z.record(z.string(), z.unknown()));

type Requirements = z.output<typeof securityRequirements> | undefined;

/**
 * What an operation declares, by its own requirements or else those of the document. An operation that says nothing in a
 * document that says nothing is no public one: somebody may have forgotten it.
 */
export const accessOf = (own: Requirements, everywhere: Requirements): DeclaredAccess => {
  const requirements = own ?? everywhere;
  if (requirements === undefined) return 'undeclared';
  return requirements.length === 0 || requirements.some((each) => Object.keys(each).length === 0)
    ? 'public'
    : 'protected';
};
