/**
 * The bytes of base64url text without padding, or `undefined` where it is not the one canonical spelling: decoders let foreign
 * characters, padding and stray last bits pass, so that one token would have many texts. Source: RFC 7515 section 2, RFC 4648
 * section 3.5.
 */
export const decodeBase64url = (text: string): Buffer | undefined => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
};
