import { GuardError } from '../errors.ts';

/** An object of options that nobody has looked at yet. */
export type Options = object;

const invalid = (where: string, what: string): GuardError =>
  new GuardError('guard/option-invalid', `the option ${where} must be ${what}`);

/** Throws `guard/option-unknown` for a member that is not among the names, and `guard/option-invalid` for what is no object. */
export const unknownOptions = (options: Options, names: readonly string[], where: string): void => {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid(where, 'an object');
  const stray = Object.keys(options).find((name) => !names.includes(name));
  if (stray !== undefined)
    throw new GuardError('guard/option-unknown', `${where} has no option ${JSON.stringify(stray)}`);
};

/** Throws unless it is text that is not empty. */
export const requireText = (value: unknown, where: string): void => {
  if (typeof value !== 'string' || value.trim() === '') throw invalid(where, 'a text that is not empty');
};

/** Throws unless it is a list of at least `least` texts. */
export const requireTexts = (value: unknown, where: string, least: number): void => {
  if (!Array.isArray(value) || value.length < least) throw invalid(where, `a list of at least ${least} texts`);
  value.forEach((item, index) => requireText(item, `${where}[${index}]`));
};

/** Throws unless it is a whole number of at least `least`. */
export const requireWholeNumber = (value: unknown, least: number, where: string): void => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw invalid(where, `a whole number of at least ${least}`);
};

/** Throws unless it is a function. */
export const requireFunction = (value: unknown, where: string): void => {
  if (typeof value !== 'function') throw invalid(where, 'a function');
};

/** Throws unless it is one of the values. */
export const requireOneOf = (value: unknown, values: readonly unknown[], where: string): void => {
  if (!values.includes(value)) throw invalid(where, `one of ${values.map(String).join(', ')}`);
};
