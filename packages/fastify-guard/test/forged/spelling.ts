import { part } from '../tokens.ts';
import { text, nextCharacter } from './bytes.ts';
import type { Forged, Mint } from './mint.ts';

/** Tokens that are spelled in another way than the one that RFC 7515 knows. */
export const spelling = ({ token, parts, withHeader }: Mint): readonly Forged[] => [
  {
    name: 'stray bits in the last character of the signature',
    token: () => {
      const good = token();
      return good.slice(0, -1) + nextCharacter(good.at(-1) ?? '');
    },
  },
  { name: 'padding on the signature', token: () => `${token()}==` },
  { name: 'padding on the header', token: () => token().replace('.', '=.') },
  {
    name: 'plus and slash instead of minus and underscore',
    token: () => `${parts()[0]}.${parts()[1]}.${'+/'.repeat(43)}`,
  },
  { name: 'a line break in the middle', token: () => `${parts()[0]}.${parts()[1]}%0a.${parts()[2]}` },
  { name: 'a character that is no base64url', token: () => `${token()}!` },
  { name: 'one part', token: () => parts()[0] },
  { name: 'two parts', token: () => `${parts()[0]}.${parts()[1]}` },
  { name: 'four parts', token: () => `${token()}.AA` },
  { name: 'five parts, as a JWE', token: () => `${part({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA` },
  { name: 'dots alone', token: () => '..' },
  { name: 'one dot', token: () => '.' },
  { name: 'no header', token: () => `.${parts()[1]}.${parts()[2]}` },
  { name: 'no claims', token: () => `${parts()[0]}..${parts()[2]}` },
  {
    name: 'JSON serialisation',
    token: () => text({ payload: parts()[1], protected: parts()[0], signature: parts()[2] }),
  },
  { name: 'JSON serialisation in base64url', token: () => part({ payload: parts()[1], signatures: [] }) },
  { name: 'a header of 9 KB', token: () => withHeader({ x: 'a'.repeat(9_000) }) },
  { name: 'claims of 12 KB', token: () => token({ x: 'a'.repeat(12_000) }) },
  { name: 'the same token twice', token: () => `${token()}${token()}` },
  { name: 'the word null', token: () => 'null' },
  { name: 'the word undefined', token: () => 'undefined' },
];
