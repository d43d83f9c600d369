import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PalisadeError } from '../support/errors.ts';
import { configurationTemplate, defaultConfiguration } from './configuration.ts';
import { parseConfiguration } from './configuration-schema.ts';
import { openProject } from './testing.ts';

const parse = (text: string) => parseConfiguration(Buffer.from(text), ['redis', 'vault']);

const suppression = (changes: { readonly [key: string]: string }): string => {
  const fields = { control: 'a/b', resource: '"*"', reason: 'r', owner: 'o', expires: '2031-01-01', ...changes };
  return `suppressions:\n  - ${Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n    ')}\n`;
};

describe('palisade.yaml', () => {
  test('may be absent, empty or the template', async () => {
    await using project = await openProject({ 'compose.yaml': '' });
    assert.deepEqual((await project.load()).configuration, defaultConfiguration);
    assert.deepEqual(parse(''), defaultConfiguration);
    assert.deepEqual(parse(configurationTemplate()), defaultConfiguration);
  });

  test('is valid as the template shows it, with every comment taken away from its keys', () => {
    const text = configurationTemplate()
      .replaceAll(/^# (?=services:|suppressions:|recipients:| {2})/gm, '')
      .replace('- age1...', '- age1qqqq');
    const configuration = parse(text);
    assert.deepEqual(configuration.services.get('cache'), { kind: 'redis' });
    assert.deepEqual(configuration.recipients, ['age1qqqq']);
    const [first] = configuration.suppressions;
    assert.deepEqual([first?.resource, first?.expires], ['legacy-api', '2031-12-31']);
    assert.equal(text.split('\n')[(first?.at.line ?? 0) - 1]?.trim(), `- control: ${first?.control}`);
  });

  const faults: readonly (readonly [text: string, message: RegExp])[] = [
    ['tresholds: high\n', /line 1: tresholds is no known key/],
    ['threshold: high\nunseal:\n  share: 5\n', /line 3: unseal\.share is no known key/],
    ['threshold: huge\n', /line 1: threshold is not valid/],
    [suppression({ owner: '' }), /line 2: suppressions\.0\.owner is not valid/],
    [suppression({ reason: '""' }), /line 4: suppressions\.0\.reason is not valid/],
    [suppression({ expires: '' }), /line 2: suppressions\.0\.expires/],
    [suppression({ expires: 'never' }), /line 6: suppressions\.0\.expires is not a date/],
    [suppression({ expires: '2031-02-30' }), /line 6: suppressions\.0\.expires is not a date/],
    [suppression({ control: 'everything' }), /line 2: suppressions\.0\.control is not a control id/],
    ['services:\n  a: {kind: oracle}\n', /line 2: services\.a\.kind is none of redis, vault/],
    ['unseal: {shares: 3, threshold: 4}\n', /line 1: unseal wants a threshold/],
    ['unseal: {shares: 3, threshold: 1}\n', /line 1: unseal wants a threshold above 1/],
    ['recipients: [me]\n', /line 1: recipients\.0 is not an age recipient/],
    ['a: [\n', /line 2: /],
    ['- a\n', /line 1: the file is not valid/],
    ['threshold: low\nthreshold: high\n', /line 2: /],
  ];
  for (const [text, message] of faults)
    test(`refuses ${JSON.stringify(text)} and names the line`, () => {
      assert.throws(
        () => parse(text),
        (thrown) =>
          thrown instanceof PalisadeError &&
          thrown.code === 'model/configuration-invalid' &&
          message.test(thrown.message),
      );
    });

  test('refuses another encoding, and stops the loading', async () => {
    await using project = await openProject({
      'compose.yaml': '',
      'palisade.yaml': Buffer.from([0xff, 0xfe, 0x61, 0]),
    });
    await assert.rejects(project.load(), /it is UTF-16/);
  });
});
