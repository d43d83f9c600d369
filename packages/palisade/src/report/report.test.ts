import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { exampleAssessment } from './example.test-data.ts';
import { formats, render } from './index.ts';
import { assessmentJsonSchema } from './schema.ts';
import { printable, wrap } from './text.ts';

const plain = { color: false, width: 100 };
const table = (): Promise<string> => render('table', exampleAssessment(), plain);

const validator = (): ((value: unknown) => boolean) => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.compile(assessmentJsonSchema());
};

test('the table shows place, control and fix of each open finding', async () => {
  const text = await table();
  assert.match(text, /critical {2}anyone who reaches the port/);
  assert.match(text, /compose\.yaml:12 {2}postgres\/trust/);
  assert.match(text, /→ demand scram-sha-256/);
});

test('the table puts the most harmful finding of a service first', async () => {
  const text = await table();
  assert.ok(text.indexOf('postgres/trust') < text.indexOf('container/no-cpu-limit'));
});

test('the table lists an unknown as unknown, never under its severity', async () => {
  assert.match(await table(), /unknown {3}did not answer within 3000 ms/);
});

test('the table leaves out what is suppressed or in the baseline, and counts it', async () => {
  const text = await table();
  assert.doesNotMatch(text, /accepted one|an old one/);
  assert.match(text, /1 suppressed, 1 in the baseline/);
});

test('the table has no escape sequence without colour, and makes hostile text visible', async () => {
  const text = await table();
  assert.ok(!text.includes('\u001b') && !text.includes('\u202e'));
  assert.match(text, /\\u001b\[31mred\\u202e/);
});

test('the table has colour when asked', async () => {
  assert.ok((await render('table', exampleAssessment(), { ...plain, color: true })).includes('\u001b[31m'));
});

test('JSON holds every finding and matches the published schema', async () => {
  const value: unknown = JSON.parse(await render('json', exampleAssessment(), plain));
  assert.ok(validator()(value));
});

test('the schema refuses a document with a missing or an additional field', async () => {
  const validate = validator();
  const text = await render('json', exampleAssessment(), plain);
  const without: unknown = JSON.parse(text.replaceAll(/"fingerprint": "[0-9a-f]+",/g, ''));
  const additional: unknown = JSON.parse(text.replace('"schemaVersion": 1', '"schemaVersion": 1, "extra": true'));
  assert.equal(validate(without), false);
  assert.equal(validate(additional), false);
});

test('JSON tells what can be remedied without the edits themselves', async () => {
  const text = await render('json', exampleAssessment(), plain);
  assert.match(text, /"remediable": true/);
  assert.doesNotMatch(text, /"remedy"/);
});

test('JUnit counts failures, errors and skips as it lists them', async () => {
  const text = await render('junit', exampleAssessment(), plain);
  const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
  assert.match(text, /<testsuites [^>]*tests="8" failures="3" errors="1" skipped="3"/);
  assert.equal(count(/<failure /g), 3);
  assert.equal(count(/<error /g), 1);
  assert.equal(count(/<skipped /g), 3);
});

test('JUnit reports an unknown as an error, not as a skip', async () => {
  assert.match(await render('junit', exampleAssessment(), plain), /<error type="unknown" message="did not answer/);
});

test('Markdown keeps its tables whole whatever the text holds', async () => {
  const lines = (await render('markdown', exampleAssessment(), plain)).split('\n');
  const row = lines.find((line) => line.includes('postgres/trust'));
  assert.match(row ?? '', /&lt;b>as any user&lt;\/b> \\\| by \\`trust\\`/);
});

test('HTML escapes what comes from files and holds no script and no request', async () => {
  const text = await render('html', exampleAssessment(), plain);
  assert.match(text, /&lt;b&gt;as any user&lt;\/b&gt;/);
  assert.doesNotMatch(text, /<script|src=|@import|url\(|href="http/);
});

for (const format of formats)
  test(`${format} ends with a line feed and is the same twice`, async () => {
    const [first, second] = [
      await render(format, exampleAssessment(), plain),
      await render(format, exampleAssessment(), plain),
    ];
    assert.equal(first, second);
    assert.ok(first.endsWith('\n'));
  });

test('a long word gets a line of its own', () => {
  assert.deepEqual(wrap('a bb extraordinarily c', 5), ['a bb', 'extraordinarily', 'c']);
});

test('printable leaves letters of any script alone', () => {
  assert.equal(printable('naïve 日本 ‹redacted›'), 'naïve 日本 ‹redacted›');
});
