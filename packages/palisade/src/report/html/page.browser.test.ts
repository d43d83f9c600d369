import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { exampleAssessment } from '../example.test-data.ts';
import { renderHtml } from './page.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const directory = mkdtempSync(join(tmpdir(), 'palisade-html-'));
const page = join(directory, 'report.html');
let browser: Browser;

before(async () => {
  assert.ok(executablePath !== undefined, 'Chromium is not installed; npm test installs it');
  const assessment = exampleAssessment();
  const attack = {
    control: 'postgres/trust',
    service: 'db',
    act: 'log in without a password',
    severity: 'critical',
    detail: 'let in',
  } as const;
  writeFileSync(
    page,
    renderHtml(assessment, {
      before: assessment,
      attacks: [{ before: { ...attack, result: 'accepted' }, after: { ...attack, result: 'refused' } }],
    }),
  );
  browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser.close();
  rmSync(directory, { recursive: true });
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

for (const colorScheme of ['light', 'dark'] as const)
  test(`the page has no accessibility violation in ${colorScheme} colours`, async () => {
    // The page's own policy forbids scripts, so the examiner has to come in from outside.
    const context = await browser.newContext({ colorScheme, bypassCSP: true });
    const tab = await context.newPage();
    await tab.goto(pathToFileURL(page).href);
    await tab.evaluate(axe);
    const violations: unknown = await tab.evaluate(
      '(async () => (await axe.run(document)).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(" ")}`))()',
    );
    assert.deepEqual(violations, []);
    await context.close();
  });

test('the page asks for nothing over the network', async () => {
  const tab = await browser.newPage();
  const requests: string[] = [];
  tab.on('request', (request) => requests.push(request.url()));
  await tab.goto(pathToFileURL(page).href);
  await tab.waitForLoadState('networkidle');
  assert.deepEqual(requests, [pathToFileURL(page).href]);
  await tab.close();
});

test('the page does not scroll sideways on a narrow screen', async () => {
  const tab = await browser.newPage({ viewport: { width: 320, height: 640 } });
  await tab.goto(pathToFileURL(page).href);
  assert.equal(await tab.evaluate('document.documentElement.scrollWidth'), 320);
  await tab.close();
});
