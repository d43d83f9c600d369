/**
 * What a JSON service tells browsers and caches on every answer. Source: OWASP REST Security Cheat Sheet, "Security
 * Headers"; HSTS by RFC 6797.
 */
export const securityHeaders: Readonly<Record<string, string>> = Object.freeze({
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
});
