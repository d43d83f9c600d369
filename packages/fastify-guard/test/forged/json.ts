import { signed } from '../tokens.ts';
import { text } from './bytes.ts';
import type { Forged, Mint } from './mint.ts';

/** Headers and claims that are no JSON object, or not one alone. */
export const json = ({ es, claims, header, raw, withText }: Mint): readonly Forged[] => [
  { name: 'header is a list', token: () => signed([header()], claims(), es) },
  { name: 'header is no JSON', token: () => signed('alg=ES256', claims(), es) },
  { name: 'header is a text', token: () => signed('"ES256"', claims(), es) },
  { name: 'claims are a list', token: () => signed(header(), [claims()], es) },
  { name: 'claims are null', token: () => raw('null') },
  { name: 'claims are no JSON', token: () => raw('sub=alice') },
  { name: 'claims with a trailing comma', token: () => raw(text(claims()).replace(/\}$/, ',}')) },
  { name: 'claims with something after them', token: () => raw(`${text(claims())}{}`) },
  { name: 'two sub', token: () => withText('"sub":"root"') },
  { name: 'two sub, one of them spelled with an escape', token: () => withText(String.raw`"\u0073ub":"root"`) },
  { name: 'two exp', token: () => withText('"exp":9999999999') },
  { name: 'two alg', token: () => signed(`{"alg":"none",${text(header()).slice(1)}`, claims(), es) },
  { name: '__proto__ in the claims', token: () => withText('"__proto__":{"admin":true}') },
  { name: '__proto__ deep in the claims', token: () => withText('"a":{"__proto__":{"admin":true}}') },
  { name: 'claims a thousand levels deep', token: () => withText(`"a":${'['.repeat(1000)}${']'.repeat(1000)}`) },
  {
    name: 'good claims, and bytes that are no UTF-8',
    token: () => signed(header(), Buffer.from(text(claims({ x: '\u00ff' })), 'latin1'), es),
  },
  { name: 'a byte order mark', token: () => raw(`\uFEFF${text(claims())}`) },
];
