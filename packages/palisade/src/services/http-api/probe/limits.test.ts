import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { type TestContext, test } from 'node:test';
import { serve } from '../testing/serve.ts';
import { quotaOf, tryLimit } from './limits.ts';

const never = new AbortController().signal;

/** Counts its requests, and answers by their number. */
const counting = (answer: (count: number, response: Parameters<RequestListener>[1]) => void): RequestListener =>
  (() => {
    let count = 0;
    return (_request, response) => answer((count += 1), response);
  })();

const burst = async (context: TestContext, listener: RequestListener) => {
  const { origin, asked, most } = await serve(context, listener);
  const answers = await tryLimit(origin, '/api/users', never);
  assert.ok(asked.length <= 30 && most() <= 4, `${asked.length} requests, ${most()} at once`);
  return answers;
};

for (const [what, headers] of [
  ['with Retry-After', { 'retry-after': '6' }],
  ['without Retry-After', {}],
] as const)
  test(`stops soon after the first 429 ${what}`, async (context) => {
    const answers = await burst(
      context,
      counting((count, response) => response.writeHead(count > 10 ? 429 : 401, count > 10 ? headers : {}).end()),
    );
    assert.equal(answers.refusedAfter, 10);
    assert.equal(answers.retryAfter, 'retry-after' in headers);
    assert.ok(answers.sent < 20);
  });

const declaring = (left: (count: number) => number): RequestListener =>
  counting((count, response) => {
    const headers = { 'ratelimit-policy': '"all";q=600;w=60', ratelimit: `"all";r=${left(count)};t=60` };
    response.writeHead(401, headers).end();
  });

test('sees that wrong tokens count toward a limit which it does not reach', async (context) => {
  const { declared, refusedAfter } = await burst(
    context,
    declaring((count) => 600 - count),
  );
  assert.deepEqual([declared, refusedAfter], [{ limit: 600, counted: true }, undefined]);
});

test('sees that wrong tokens do not count', async (context) => {
  assert.deepEqual(
    (
      await burst(
        context,
        declaring(() => 600),
      )
    ).declared,
    { limit: 600, counted: false },
  );
});

test('sends thirty requests where nothing shows a limit', async (context) => {
  const answers = await burst(
    context,
    counting((_count, response) => response.writeHead(401).end()),
  );
  assert.deepEqual(answers, { path: '/api/users', sent: 30 });
});

test('says nothing where answers are missing', async (context) => {
  const { origin } = await serve(
    context,
    counting((count, response) => (count === 5 ? response.destroy() : response.writeHead(401).end())),
  );
  await assert.rejects(tryLimit(origin, '/', never), /1 of 30 requests gave no answer/);
});

test('reads the tightest limit of the draft, and the older pairs of headers', () => {
  const policy = {
    'ratelimit-policy': '"all";q=600;w=60, "login";q=10;w=60',
    ratelimit: '"all";r=599;t=1, "login";r=9;t=6',
  };
  assert.deepEqual(quotaOf({ headers: policy }), { limit: 10, left: 9 });
  assert.deepEqual(quotaOf({ headers: { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '7' } }), {
    limit: 100,
    left: 7,
  });
  assert.deepEqual(quotaOf({ headers: { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '7' } }), {
    limit: 100,
    left: 7,
  });
  assert.equal(quotaOf({ headers: { 'x-ratelimit-limit': 'many' } }), undefined);
});
