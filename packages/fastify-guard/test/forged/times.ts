import { seconds } from '../tokens.ts';
import { text } from './bytes.ts';
import type { Forged, Mint } from './mint.ts';

/** Tokens of another time. */
export const times = ({ claims, token, raw, withText }: Mint): readonly Forged[] => [
  { name: 'expired', token: () => token({ exp: seconds() - 60, iat: seconds() - 120 }), code: 'token-expired' },
  { name: 'expired at the beginning of time', token: () => token({ exp: 0, iat: 0 }), code: 'token-expired' },
  { name: 'expired and forged', token: () => `${token({ exp: 1 }).slice(0, -20)}${'A'.repeat(20)}` },
  { name: 'exp as text', token: () => token({ exp: String(seconds() + 300) }) },
  {
    name: 'exp 1e300',
    token: () => withText('"x":1').replace(/.*/, () => raw(text(claims()).replace(/"exp":\d+/, '"exp":1e300'))),
  },
  { name: 'exp 1e999, which is infinite', token: () => raw(text(claims()).replace(/"exp":\d+/, '"exp":1e999')) },
  { name: 'exp negative', token: () => token({ exp: -1 }) },
  { name: 'exp null', token: () => token({ exp: null }) },
  { name: 'exp true', token: () => token({ exp: true }) },
  { name: 'exp as a list', token: () => token({ exp: [seconds() + 300] }) },
  { name: 'exp in milliseconds', token: () => token({ exp: Date.now() + 300_000 }) },
  { name: 'a life of ten years', token: () => token({ exp: seconds() + 315_360_000 }) },
  { name: 'a long life that is nearly over', token: () => token({ iat: seconds() - 90_000, exp: seconds() + 60 }) },
  { name: 'nbf in the future', token: () => token({ nbf: seconds() + 60 }) },
  { name: 'nbf as text', token: () => token({ nbf: '0' }) },
  { name: 'iat in the future', token: () => token({ iat: seconds() + 60 }) },
  { name: 'iat as text', token: () => token({ iat: String(seconds()) }) },
];
