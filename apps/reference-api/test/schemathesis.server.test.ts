import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import * as z from 'zod';
import { type Target, openTarget } from './attacked/target.ts';
import { administratorToken } from './attacked/tokens.ts';
import { whyNoMongodb } from './neighbours/mongodb.ts';
import { type Outcome, runSchemathesis, whyNot } from './schemathesis/run.ts';

const incomplete = whyNoMongodb();
const skip = whyNot() ?? incomplete;
let target: Target;
let token: string;
let document: string;
before(async () => {
  if (incomplete !== undefined) return;
  target = await openTarget({ neighbours: true });
  token = await administratorToken(target);
  const answer = await target.gateway.call('/api/openapi.json', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200, answer.body);
  document = answer.body;
});
after(() => target?.[Symbol.asyncDispose]());

/** Operations of a document that is taken as it is: `POST /api/order`. */
const operationsOf = (text: string): readonly string[] =>
  Object.entries(
    z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(JSON.parse(text)).paths,
  )
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .toSorted();

/** Sends JSON through the gateway as the administrator, and gives what came back, which is to be a success. */
const send = async (method: string, path: string, members?: object): Promise<unknown> => {
  const answer = await target.gateway.call(path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(members === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(members === undefined ? {} : { body: JSON.stringify(members) }),
  });
  assert.ok(answer.status >= 200 && answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body}`);
  return answer.body === '' ? undefined : JSON.parse(answer.body);
};

test('the servers behind every operation work', { skip: incomplete, timeout: 30_000 }, async () => {
  // Two characters beyond the first 65,536 of Unicode.
  const text = 'a lamp \u{1fa94} of \u{10348}';
  const order = await send('POST', '/api/order', { item: text, quantity: 3 });
  assert.deepEqual(await send('GET', '/api/order'), [order]);
  assert.partialDeepStrictEqual(order, { item: text, quantity: 3 });
  const note = await send('POST', '/api/note', { text });
  assert.deepEqual(await send('GET', '/api/note'), [note]);
  assert.partialDeepStrictEqual(note, { text });
  assert.deepEqual(await send('GET', '/api/counter/lamps'), { name: 'lamps', value: 0 });
  assert.deepEqual(await send('POST', '/api/counter/lamps'), { name: 'lamps', value: 1 });
  assert.deepEqual(await send('GET', '/api/counter/lamps'), { name: 'lamps', value: 1 });
  assert.deepEqual(await send('POST', '/api/message', { text }), { status: 'accepted' });
  assert.deepEqual(await send('DELETE', '/api/message'), { text });
  assert.equal(await send('DELETE', '/api/message'), undefined);
});

/** Nobody has to show who they are, and there is nothing to send: a fuzzer has soon tried it all. */
const probes = ['GET /health', 'GET /ready'];

/** Fails where an operation of the document that everybody is told of was not tried, or hardly. */
const checkOperations = async ({ output, cases }: Outcome, each: number): Promise<void> => {
  const all = operationsOf(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'));
  assert.deepEqual(operationsOf(document), all);
  assert.match(output, new RegExp(`Tested: ${all.length}\\n`), output);
  for (const operation of all)
    assert.ok(
      (cases[operation] ?? 0) >= (probes.includes(operation) ? 1 : each),
      `${operation}: ${JSON.stringify(cases)}`,
    );
};

const summaryOf = ({ output, cases }: Outcome): string =>
  `${/\d+ generated, \d+ passed/.exec(output)?.[0] ?? output}; ${JSON.stringify(cases)}`;

test(
  'answers an administrator as its own document says, whatever a fuzzer sends',
  { skip, timeout: 120_000 },
  async (context) => {
    const outcome = await runSchemathesis(target, { document, token, each: 40 });
    const { code, output } = outcome;
    assert.equal(code, 0, output);
    await checkOperations(outcome, 40);
    // The token was good, so that what lies behind it was tried.
    assert.doesNotMatch(output, /Authentication failed/);
    context.diagnostic(summaryOf(outcome));
    await target.checkUnharmed();
  },
);

test(
  'lets a fuzzer without a token in nowhere, and answers as the document says',
  { skip, timeout: 120_000 },
  async (context) => {
    const outcome = await runSchemathesis(target, { document, each: 20 });
    const { code, output } = outcome;
    assert.equal(code, 0, output);
    await checkOperations(outcome, 20);
    const guarded = operationsOf(document).length - probes.length;
    assert.match(output, new RegExp(`401 Unauthorized \\(${guarded} operations\\)`), output);
    context.diagnostic(summaryOf(outcome));
    await target.checkUnharmed();
  },
);
