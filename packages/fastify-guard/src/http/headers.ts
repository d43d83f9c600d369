/**
 * What a JSON service tells browsers and caches with every answer. Source: OWASP REST Security Cheat Sheet, "Security Headers";
 * HSTS by RFC 6797.
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

/** The headers with those of the application; `false` takes one away. */
export const headersWith = (own: Readonly<Record<string, string | false>>): Readonly<Record<string, string>> => {
  const merged = new Map(Object.entries(securityHeaders));
  for (const [name, value] of Object.entries(own)) {
    if (value === false) merged.delete(name.toLowerCase());
    else merged.set(name.toLowerCase(), value);
  }
  return Object.freeze(Object.fromEntries(merged));
};
