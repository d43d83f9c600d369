import type { HeaderAnswers } from '../evidence.ts';
import type { Reply } from './request.ts';

type Headers = Reply['headers'];

/** What an answer has to carry. Source: OWASP REST Security Cheat Sheet, "Security Headers". */
const wanted: readonly (readonly [name: string, has: (headers: Headers) => boolean])[] = [
  ['X-Content-Type-Options', (headers) => headers['x-content-type-options'] === 'nosniff'],
  ['Cache-Control', (headers) => /\bno-store\b/.test(headers['cache-control'] ?? '')],
  [
    'Content-Security-Policy',
    (headers) =>
      /\bframe-ancestors\b/.test(String(headers['content-security-policy'] ?? '')) ||
      headers['x-frame-options'] !== undefined,
  ],
];

/** Browsers take no notice of it on plain HTTP, RFC 6797 section 8.1. */
const overTls: typeof wanted = [
  ['Strict-Transport-Security', (headers) => /\bmax-age=[1-9]/.test(headers['strict-transport-security'] ?? '')],
];

/** Names of the headers that an answer lacks, and of those that tell which software answers. */
export const judgeHeaders = (headers: Headers, scheme: 'http' | 'https'): HeaderAnswers => ({
  missing: [...wanted, ...(scheme === 'https' ? overTls : [])].flatMap(([name, has]) => (has(headers) ? [] : [name])),
  revealing: [
    ...(/\d/.test(String(headers['server'] ?? '')) ? ['Server'] : []),
    ...['X-Powered-By', 'X-AspNet-Version', 'X-Runtime'].filter((name) => headers[name.toLowerCase()] !== undefined),
  ],
});
