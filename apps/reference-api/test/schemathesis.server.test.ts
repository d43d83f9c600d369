import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as z from 'zod';
import { type Target, openTarget } from './attacked/target.ts';
import { administratorToken } from './attacked/tokens.ts';
import { runSchemathesis, whyNot } from './schemathesis/run.ts';

const skip = whyNot();
let target: Target;
let token: string;
let document: string;
before(async () => {
  if (skip !== undefined) return;
  target = await openTarget();
  token = await administratorToken(target);
  const answer = await target.gateway.call('/api/openapi.json', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200, answer.body);
  document = answer.body;
});
after(() => target?.[Symbol.asyncDispose]());

/** Operations of a document that is taken as it is. */
const operations = (): number =>
  Object.values(
    z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(JSON.parse(document)).paths,
  )
    .map((path) => Object.keys(path).length)
    .reduce((sum, count) => sum + count, 0);

test(
  'answers an administrator as its own document says, whatever a fuzzer sends',
  { skip, timeout: 120_000 },
  async (context) => {
    const { code, output } = await runSchemathesis(target, { document, token, seconds: 25 });
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`Tested: ${operations()}\\n`), output);
    // The token was good, so that what lies behind it was tried.
    assert.doesNotMatch(output, /Authentication failed/);
    context.diagnostic(/\d+ generated, \d+ passed/.exec(output)?.[0] ?? output);
    await target.checkUnharmed();
  },
);

test(
  'lets a fuzzer without a token in nowhere, and answers as the document says',
  { skip, timeout: 120_000 },
  async (context) => {
    const { code, output } = await runSchemathesis(target, { document, seconds: 15 });
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`Tested: ${operations()}\\n`), output);
    // All but the two probes of health.
    assert.match(output, new RegExp(`401 Unauthorized \\(${operations() - 2} operations\\)`), output);
    context.diagnostic(/\d+ generated, \d+ passed/.exec(output)?.[0] ?? output);
    await target.checkUnharmed();
  },
);
