/**
 * The part of the Distinguished Encoding Rules that certificates need. Source: ITU-T X.690, chapters 8 and 10.
 */

const length = (size: number): Buffer => {
  if (size < 0x80) return Buffer.from([size]);
  const bytes = Buffer.from(size.toString(16).padStart(size > 0xffff ? 6 : size > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
};

/** A value with its tag and length. */
export const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
};

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, ...items);

export const set = (...items: readonly Uint8Array[]): Buffer => tagged(0x31, ...items);

/** A non-negative integer, from its big-endian bytes. */
export const integer = (bytes: Uint8Array): Buffer => {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const significant = bytes.subarray(start);
  const negative = ((significant[0] ?? 0) & 0x80) !== 0;
  return tagged(0x02, ...(negative ? [Buffer.from([0])] : []), significant);
};

export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));

export const octets = (content: Uint8Array): Buffer => tagged(0x04, content);

/** A bit string; `unused` bits of the last byte do not count. */
export const bits = (content: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.from([unused]), content);

export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text, 'utf8'));

const base128 = (arc: number): number[] => {
  const digits = [arc & 0x7f];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80);
  return digits;
};

/** An object identifier from its dotted text. */
export const objectIdentifier = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
};

/** A time in UTC; two-digit years up to 2049, four digits after. Source: RFC 5280, 4.1.2.5. */
export const time = (milliseconds: number): Buffer => {
  const text = new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const short = Number(text.slice(0, 4)) < 2050;
  return tagged(short ? 0x17 : 0x18, Buffer.from(short ? text.slice(2) : text, 'ascii'));
};

/** PEM of DER bytes. */
export const pem = (label: string, der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
};
