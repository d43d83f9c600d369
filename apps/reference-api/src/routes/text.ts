import * as z from 'zod';

/** Control characters, which databases refuse or terminals obey. Source: Unicode 16, general category Cc, and U+2028, U+2029. */
const control = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029`;
/** Breaks and tabs. */
const breaks = String.raw`\u0009\u000a`;
/** What is invisible at the edge of a text. Source: Unicode 16, White_Space, and the byte order mark. */
const blank = String.raw`\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff`;

/** Lengths are in characters, as in JSON Schema and in databases, not in the halves of them that JavaScript counts. */
const textOf = (inside: string, longest: number): z.ZodType<string> =>
  z
    .string()
    .regex(
      new RegExp(
        `^[^${control}${breaks}${blank}](?:[^${inside}]{0,${longest - 2}}[^${control}${breaks}${blank}])?$`,
        'u',
      ),
      `it has to be 1 to ${longest} characters, no blank at its edges and no control character`,
    )
    // Half of a pair is no character, and nothing that stores text keeps it.
    .refine((text) => text.isWellFormed(), 'it is no well-formed Unicode')
    .meta({ minLength: 1, maxLength: longest });

/** One line for people, of at most so many characters. */
export const lineOf = (longest: number): z.ZodType<string> => textOf(control + breaks, longest);

/** Text for people with line breaks, of at most so many characters. */
export const paragraphsOf = (longest: number): z.ZodType<string> => textOf(control, longest);

/** An address as mail servers take it: at most 64 characters before the @ and 63 in a label. Source: RFC 5321 section 4.5.3.1, RFC 1035. */
export const mailAddress = z
  .string()
  .max(254)
  .regex(
    /^(?:[A-Za-z0-9_'+-]+\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/,
    'it has to be a mail address',
  )
  .regex(/^[^@]{1,64}@/, 'it has more than 64 characters before the @');
