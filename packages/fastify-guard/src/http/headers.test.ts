import assert from 'node:assert/strict';
import test from 'node:test';
import { application } from '../../test/application.ts';

test('tells browsers and caches all that a JSON service has to tell them, with good answers and bad ones', async (context) => {
  const { app } = await application(context, {}, (made) => {
    made.get('/x', { config: { guard: 'public' } }, async () => ({}));
  });
  const told = {
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  for (const url of ['/x', '/nothing', '/%E0%A4%A']) {
    const { headers } = await app.inject({ url });
    assert.deepEqual(Object.fromEntries(Object.keys(told).map((name) => [name, headers[name]])), told, url);
  }
});
